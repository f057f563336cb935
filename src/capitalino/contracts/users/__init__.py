"""The contracts of users."""
