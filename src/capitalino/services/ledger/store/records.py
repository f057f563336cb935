"""What reads of the book give: accounts, their changes, entries with all that belongs to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from capitalino.services.ledger.domain import CLOSED, FROZEN_IN, FROZEN_OUT, Standing, Verdict


class AccountRecord(NamedTuple):
    """An account with everything that is kept of it. `account_id` is its position in lists."""

    account_id: int
    address: str
    asset: str
    book: str
    shard: int
    normal: int
    bits: int
    floor: int | None
    ceiling: int | None
    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int
    version: int
    opened_at: datetime
    changed_at: datetime

    @property
    def standing(self) -> Standing:
        """Its balances."""
        posted = self.credits_posted - self.debits_posted
        return Standing(
            self.address, self.asset, posted, self.debits_pending, self.credits_pending, self.version
        )

    @property
    def state(self) -> str:
        """Its state in a word."""
        return state_of(self.bits)


class AccountChange(NamedTuple):
    """Who changed the state or the bounds of an account, why, and how it was afterwards."""

    change_id: UUID
    changed_at: datetime
    bits: int
    floor: int | None
    ceiling: int | None
    by: str
    reason: str

    @property
    def state(self) -> str:
        """The state after it, in a word."""
        return state_of(self.bits)


class PostingRecord(NamedTuple):
    """One posting of an entry. Of a refused one an account may be unknown; so may be its asset then.

    `reversed` is what reversals have taken back of it.
    """

    number: int
    source: str | None
    destination: str | None
    asset: str | None
    units: int
    reversed: int


class LineRecord(NamedTuple):
    """One account's side of a posting: signed units, 0 when only a hold changed; the balances after it."""

    units: int
    standing: Standing


class RelatedRecord(NamedTuple):
    """An accepted entry that refers to another: its reversal, or what resolved the hold."""

    entry_id: UUID
    kind: str
    code: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry as the book keeps it. `is_open` is of a hold: neither captured, released nor expired."""

    entry_id: UUID
    kind: str
    code: str
    verdict: Verdict
    book: str
    refers_to: UUID | None
    recorded_at: datetime
    effective_at: datetime
    expires_at: datetime | None
    metadata: dict[str, str]
    limit_key: str | None
    reference_units: int | None
    is_open: bool
    postings: tuple[PostingRecord, ...] = ()
    lines: tuple[LineRecord, ...] = ()
    related: tuple[RelatedRecord, ...] | None = ()
    """None: so much has passed since that it was not looked for to the end."""


class ListedLine(NamedTuple):
    """A line with its entry, as lists show it."""

    entry_id: UUID
    kind: str
    code: str
    refers_to: UUID | None
    recorded_at: datetime
    effective_at: datetime
    metadata: dict[str, str]
    line: LineRecord


class BookRecord(NamedTuple):
    """A book; nothing takes effect in it before `closed_until` any more."""

    book: str
    name: str
    closed_until: datetime | None


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts: below a prefix, of an asset, of a book; only those with something pending."""

    prefix: str | None = None
    asset: str | None = None
    book: str | None = None


def state_of(bits: int) -> str:
    """Closed is closed, whatever else it is."""
    if bits & CLOSED:
        return "closed"
    frozen = {FROZEN_IN: "frozen_in", FROZEN_OUT: "frozen_out", FROZEN_IN | FROZEN_OUT: "frozen"}
    return frozen.get(bits, "open")
