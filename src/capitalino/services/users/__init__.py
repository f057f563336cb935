"""Users: the people whose money it is, and how they want to see it.

Owns investors and their profiles. Asks the ledger to open their accounts. Hears nothing. Tells of
profiles that were made or changed.
"""
