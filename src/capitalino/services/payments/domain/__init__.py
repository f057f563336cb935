"""What must be true in payments, by what it is about. Pure."""
