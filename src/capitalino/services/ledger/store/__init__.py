"""Every statement that the ledger sends to its database."""
