"""What moved: whose, when it counts, and whether it crossed our border."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self
from uuid import UUID

NOT_FROM_OUTSIDE = ("conversion", "fee")
"""Movements that are neither paid in nor paid out, even where only one asset moves."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One investor's side of an entry: units that came (positive) or left, by asset."""

    investor_id: UUID
    units: Mapping[str, int]

    @property
    def came(self) -> tuple[str, int] | None:
        """What came; the first by name where it is more than one asset."""
        return next(((asset, units) for asset, units in sorted(self.units.items()) if units > 0), None)

    @property
    def left(self) -> tuple[str, int] | None:
        """What left, without its minus."""
        return next(((asset, -units) for asset, units in sorted(self.units.items()) if units < 0), None)


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of the list of transactions."""

    movement_id: UUID
    investor_id: UUID
    kind: str
    at: datetime
    left: tuple[str, int] | None
    came: tuple[str, int] | None
    fee: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class DayMove:
    """What moved on a day of the book; `flowed` is the part that came from or went to the outside."""

    day: date
    asset: str
    moved: int
    flowed: int

    def seen_by(self, today: date, *, of_book: date) -> Self:
        """For somebody whose today may be the book's yesterday: nothing has happened in their future."""
        return replace(self, day=today) if today < self.day <= of_book else self


def owner(address: str) -> UUID | None:
    """Whose account it is (`investor:<id>:…`); None for one of the house or the world."""
    kind, _, rest = address.partition(":")
    if kind != "investor":
        return None
    try:
        return UUID(rest.partition(":")[0])
    except ValueError:
        return None


def sides(lines: Iterable[tuple[str, str, int]]) -> list[Moved]:
    """What an entry's lines (address, asset, units) moved, by investor; what only went round is left out."""
    found: dict[UUID, dict[str, int]] = {}
    for address, code, units in lines:
        if units and (investor_id := owner(address)) is not None:
            mine = found.setdefault(investor_id, {})
            mine[code] = mine.get(code, 0) + units
    moved = {who: {code: units for code, units in mine.items() if units} for who, mine in found.items()}
    return [Moved(who, mine) for who, mine in moved.items() if mine]


def fee_of(lines: Iterable[tuple[str, str, int]]) -> tuple[str, int] | None:
    """What the entry credited to our fees."""
    found: dict[str, int] = {}
    for address, code, units in lines:
        if address.startswith("fees:"):
            found[code] = found.get(code, 0) + units
    return next(((code, units) for code, units in sorted(found.items()) if units > 0), None)


def kind_of(code: str) -> str:
    """`conversion.hold` is of a conversion."""
    return code.partition(".")[0]


def is_flow(moved: Moved, kind: str) -> bool:
    """Whether money crossed our border: one-sided, and no fee."""
    return kind not in NOT_FROM_OUTSIDE and (moved.came is None or moved.left is None)
