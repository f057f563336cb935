"""The real platform, through nginx."""
