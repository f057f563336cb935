"""Capitalino: the platform for digital investment."""
