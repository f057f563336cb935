"""What an investor is told: messages in one order per investor, and which ledger accounts are whose."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

PURSE = "investor"
CASH = "cash"


@dataclass(frozen=True, slots=True)
class Balance:
    """What an investor has of one asset, in units. A higher version is newer."""

    investor_id: UUID
    asset: str
    posted: int
    held_out: int
    held_in: int
    version: int
    at: datetime

    @property
    def available(self) -> int:
        """What may still leave."""
        return self.posted - self.held_out


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that is pushed: `number` is its place in all that this investor is told."""

    number: int
    type: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """What an investor is to be told: on the screen at once as `payment`, and to read later as `code`."""

    investor_id: UUID
    at: datetime
    code: str
    params: dict[str, str] = field(default_factory=dict)
    payment: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One entry of an investor's inbox. Its text is made where it is read, in the reader's language."""

    notification_id: UUID
    number: int
    code: str
    params: dict[str, str]
    at: datetime
    read_at: datetime | None


def owner(address: str) -> UUID | None:
    """Whose cash account this is: `investor:<id>:cash`; None for every other account."""
    kind, _, rest = address.partition(":")
    investor, _, place = rest.partition(":")
    if kind != PURSE or place != CASH:
        return None
    try:
        return UUID(investor)
    except ValueError:
        return None


def newest(balances: list[Balance]) -> list[Balance]:
    """The newest of each investor and asset: an entry may touch an account more than once."""
    found: dict[tuple[UUID, str], Balance] = {}
    for balance in balances:
        key = (balance.investor_id, balance.asset)
        if key not in found or found[key].version < balance.version:
            found[key] = balance
    return list(found.values())
