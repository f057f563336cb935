"""What the ledger stores. The migrations make it, with its partitions; queries and checks look here."""

from capitalino.services.ledger.tables import accounts, chain, entries
from capitalino.services.ledger.tables.columns import schema

__all__ = ["accounts", "chain", "entries", "schema"]
