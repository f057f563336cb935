"""What the ledger does when it is asked. The rules themselves are judged in the database, under its locks."""

from capitalino.services.ledger.service.accounts import Accounts
from capitalino.services.ledger.service.entries import Entries
from capitalino.services.ledger.service.reading import Reading

__all__ = ["Accounts", "Entries", "Reading"]
