"""What must be true of entries before the book is asked, and what its verdicts mean. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import blake2b
from typing import Literal
from uuid import UUID

from capitalino.money import UNITS_MAX

EntryKind = Literal["post", "hold", "capture", "release", "expire"]
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
    NOT_PART_OF_HOLD = 16

    @property
    def is_refusal(self) -> bool:
        """The command has no effect, neither now nor before."""
        return self > Verdict.REPEATED


@dataclass(frozen=True, slots=True)
class Movement:
    """Units of one asset from one address to another."""

    source: str
    destination: str
    asset: str
    units: int

    @property
    def is_sound(self) -> bool:
        """It moves something, and somewhere else."""
        return 0 < self.units <= UNITS_MAX and self.source != self.destination


@dataclass(frozen=True, slots=True)
class Entry:
    """One command to the book, as its caller means it."""

    entry_id: UUID
    kind: EntryKind
    code: str
    movements: tuple[Movement, ...] = ()
    hold_id: UUID | None = None
    part: int | None = None
    expires_at: datetime | None = None
    effective_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    reference_units: int | None = None

    @property
    def is_sound(self) -> bool:
        """It can be judged at all."""
        amounts = [units for units in (self.part, self.reference_units) if units is not None]
        moves = bool(self.movements) or self.hold_id is not None
        return (
            moves
            and all(0 <= units <= UNITS_MAX for units in amounts)
            and all(m.is_sound for m in self.movements)
        )

    @property
    def fingerprint(self) -> UUID:
        """The same for the same body, whatever road it came; a repeated id with another one is a mistake."""
        body = [
            self.kind,
            self.code,
            [[m.source, m.destination, m.asset, m.units] for m in self.movements],
            str(self.hold_id),
            self.part,
            _instant(self.expires_at),
            _instant(self.effective_at),
            sorted(self.metadata.items()),
            self.reference_units,
        ]
        text = json.dumps(body, separators=(",", ":"))
        return UUID(bytes=blake2b(text.encode(), digest_size=16).digest())


@dataclass(frozen=True, slots=True)
class Place:
    """Where the book keeps an account: its key there, its book and shard."""

    account_id: int
    address: str
    asset: str
    book: str
    shard: int


@dataclass(frozen=True, slots=True)
class Standing:
    """An account after an entry, or now."""

    address: str
    asset: str
    posted: int
    held_out: int
    held_in: int
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command; the standings are those after it, of the accounts that it touched."""

    verdict: Verdict
    recorded_at: datetime | None = None
    standings: tuple[Standing, ...] = ()


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
    asset_unknown: int | None
    differs: int | None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement on an account, with the balance after it."""

    entry_id: UUID
    kind: str
    code: str
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


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
