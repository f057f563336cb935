"""Every SQL statement of the market."""
