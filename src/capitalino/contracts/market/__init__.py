"""The contracts of market."""
