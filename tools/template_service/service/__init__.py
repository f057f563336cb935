"""Example: notes that investors keep. Say here what it is for, in one sentence.

Owns notes. Asks nobody. Hears nothing. Tells of notes that were kept.
"""
