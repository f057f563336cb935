"""What one venue says of an instrument, and what became of its word."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class PriceVerdict(StrEnum):
    """What became of a venue's word."""

    ACCEPTED = "accepted"
    SILENT = "silent"  # nothing was heard from it since this replica runs
    STALE = "stale"
    APART = "apart"  # it is too far from the middle of those that are fresh


@dataclass(frozen=True, slots=True)
class Opinion:
    """One venue's word. Bid and ask are those of `instrument`, whichever way round it was asked for."""

    instrument: str
    source: str
    verdict: PriceVerdict
    bid: Decimal | None = None
    ask: Decimal | None = None
    at: datetime | None = None
    age: timedelta | None = None
