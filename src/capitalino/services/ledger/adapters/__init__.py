"""What the ledger does with keys that come from outside."""
