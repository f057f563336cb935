"""The contracts of auth."""
