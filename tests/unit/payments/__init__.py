"""Payments' own rules."""
