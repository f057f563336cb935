"""The contracts of ledger."""
