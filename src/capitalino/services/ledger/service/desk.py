"""Everything that the routes call, in one piece."""

from dataclasses import dataclass
from typing import Self

from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.services.ledger.service.accounts import Accounts
from capitalino.services.ledger.service.adjustments import Adjustments
from capitalino.services.ledger.service.approvals import Approvals
from capitalino.services.ledger.service.asking import Asking
from capitalino.services.ledger.service.control import Control
from capitalino.services.ledger.service.directory import Directory
from capitalino.services.ledger.service.entries import Entries
from capitalino.services.ledger.service.reading import Reading


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads for everybody; orders of the staff."""

    accounts: Accounts
    reading: Reading
    directory: Directory
    adjustments: Adjustments
    control: Control
    approvals: Approvals

    @classmethod
    def of(cls, db: Database, entries: Entries, accounts: Accounts, reading: Reading, clock: Clock) -> Self:
        """Wired."""
        asking = Asking(db, clock)
        return cls(
            accounts,
            reading,
            Directory(db),
            Adjustments(db, entries, asking),
            Control(db, asking),
            Approvals(db, entries, asking),
        )
