"""The contracts of example."""
