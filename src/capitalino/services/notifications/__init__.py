"""Notifications: what an investor reads, and the sockets on which everything live arrives.

Owns the inbox of each investor, the order of what is pushed to them, and the socket hub. Asks nobody. Hears
the ledger (balances), payments (conversions, deposits) and auth (new devices, ended sessions). Tells nothing.
"""
