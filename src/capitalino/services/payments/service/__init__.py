"""What payments does, by use case.

Every step that leaves the database has three beats: intention, act, outcome.
"""
