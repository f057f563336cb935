"""What the ledger refuses, and why."""
