"""The contracts of payments."""
