"""The history of the schema payments."""
