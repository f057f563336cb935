"""What must be true of entries before the book is asked, and what its verdicts mean. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from hashlib import blake2b
from typing import Literal, NamedTuple
from uuid import UUID

from capitalino.money import UNITS_MAX, Asset, Money, convert

EntryKind = Literal["post", "hold", "capture", "release", "expire", "reverse"]
MAIN = "main"
FROZEN_IN, FROZEN_OUT, CLOSED = 1, 2, 4


class Verdict(IntEnum):
    """What `ledger.post_batch` says of one command. From 10 on it is refused; its id never succeeds later."""

    ACCEPTED = 0
    REPEATED = 1
    ID_REUSED = 2
    FUNDS = 10
    CEILING = 11
    BARRED = 12
    ACCOUNT_UNKNOWN = 13
    HOLD_UNKNOWN = 14
    HOLD_RESOLVED = 15
    NOT_PART = 16
    ENTRY_UNKNOWN = 17
    REVERSED = 18
    LIMIT = 19
    PERIOD_CLOSED = 20
    TOGETHER = 21
    NOT_EMPTY = 22
    OUT_OF_BOUNDS = 23

    @property
    def is_refusal(self) -> bool:
        """The command has no effect, neither now nor before."""
        return self > Verdict.REPEATED


class Movement(NamedTuple):
    """Units of one asset from one address to another."""

    source: str
    destination: str
    asset: str
    units: int

    @property
    def is_sound(self) -> bool:
        """It moves something, and somewhere else."""
        return 0 < self.units <= UNITS_MAX and self.source != self.destination


class Share(NamedTuple):
    """Units of one posting, by its number (from 1) in its entry."""

    number: int
    units: int


class Entry(NamedTuple):
    """One command to the book, as its caller means it.

    `refers_to` is the hold that it resolves, or the entry that it reverses: wholly, or by these `shares`.
    """

    entry_id: UUID
    kind: EntryKind
    code: str
    movements: tuple[Movement, ...] = ()
    refers_to: UUID | None = None
    part: int | None = None
    shares: tuple[Share, ...] = ()
    expires_at: datetime | None = None
    effective_at: datetime | None = None
    metadata: Mapping[str, str] | None = None
    reference_units: int | None = None
    limit_key: str | None = None

    @property
    def is_sound(self) -> bool:
        """It can be judged at all."""
        limited, part = self.reference_units, self.part
        if (limited is None) is not (self.limit_key is None) or not (self.movements or self.refers_to):
            return False
        if not (limited is None or 0 <= limited <= UNITS_MAX) or not (part is None or 0 < part <= UNITS_MAX):
            return False
        for movement in self.movements:  # a loop: every command comes by, and `all` costs twice that
            if not movement.is_sound:
                return False
        return all(0 < share.units <= UNITS_MAX for share in self.shares) if self.shares else True

    @property
    def fingerprint(self) -> bytes:
        """The same 16 for the same body, whatever road it came; a repeated id with another is a mistake."""
        body = repr(
            (
                self.kind,
                self.code,
                [(*one,) for one in self.movements],
                self.refers_to and self.refers_to.int,
                self.part,
                [(*one,) for one in self.shares],
                _instant(self.expires_at),
                _instant(self.effective_at),
                sorted(self.metadata.items()) if self.metadata else (),
                self.reference_units,
                self.limit_key,
            )
        )
        return blake2b(body.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Terms:
    """An exchange: `rate` of `got` for a whole one of `given`."""

    rate: Decimal
    given: Asset
    got: Asset

    def allow(self, movements: Sequence[Movement]) -> bool:
        """Who gives first gets something, and at most what the rate makes of it, rounded down."""
        owner = next((one.source for one in movements if one.asset == self.given.code), None)
        gave, got = -_change(movements, owner, self.given), _change(movements, owner, self.got)
        return gave > 0 and 0 < got <= convert(Money(gave, self.given), self.rate, self.got).units


class Place(NamedTuple):
    """Where the book keeps an account: its key there, its book and shard."""

    account_id: int
    address: str
    asset: str
    book: str
    shard: int


class Standing(NamedTuple):
    """An account after an entry, or now."""

    address: str
    asset: str
    posted: int
    held_out: int
    held_in: int
    version: int


class Outcome(NamedTuple):
    """What became of one command; the standings are those after it, of the accounts that it touched."""

    verdict: Verdict
    recorded_at: datetime | None = None
    standings: Sequence[Standing] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """An account to open."""

    address: str
    asset: str
    book: str
    normal: int
    floor: int | None
    ceiling: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """How many were new, or the place (from 0) of the first that cannot be opened."""

    opened: int
    book_unknown: int | None
    asset_unknown: int | None
    differs: int | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of an account, or of all accounts of an address (`asset` None). `none` takes a bound away."""

    change_id: UUID
    fingerprint: UUID
    address: str
    asset: str | None
    set_bits: int
    clear_bits: int
    floor: int | Literal["none"] | None
    ceiling: int | Literal["none"] | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Which movements: recorded from `since` to before `until`, of these codes, in or out."""

    since: datetime | None = None
    until: datetime | None = None
    codes: tuple[str, ...] = ()
    direction: Literal["in", "out"] | None = None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement on an account, with the balance after it."""

    entry_id: UUID
    kind: str
    code: str
    refers_to: UUID | None
    version: int
    units: int
    posted: int
    recorded_at: datetime
    effective_at: datetime
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Total:
    """What the accounts below one first word of an address hold of an asset."""

    book: str
    asset: str
    root: str
    accounts: int
    debits: int
    credits: int
    held: int


def _change(movements: Sequence[Movement], address: str | None, asset: Asset) -> int:
    """What an account has more of an asset afterwards."""
    return sum(
        one.units * ((one.destination == address) - (one.source == address))
        for one in movements
        if one.asset == asset.code
    )


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
