"""Measurements: each prints figures, compares within the same run, and ends with one line of JSON."""
