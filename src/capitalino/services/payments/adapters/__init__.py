"""The outside world of payments."""
