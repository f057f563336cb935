"""What must be true of logins, passwords, factors, sessions and keys. Pure: no I/O."""
