"""What must be true of movements, prices and values. Pure."""
