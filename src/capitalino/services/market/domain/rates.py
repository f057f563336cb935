"""Fiat reference rates: what a source says, and whether that can be true."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum

from capitalino.services.market.domain import bank_days

ONE = Decimal(1)
EURO = "EUR"
EVEN = Context(prec=18, rounding=ROUND_HALF_EVEN)
AHEAD_MAX = timedelta(minutes=2)
"""So far may the clock of a live source run ahead of ours."""
DIGITS_MAX = 30
MAGNITUDE_MAX = 12
"""No currency costs a million millions of another, or a part of one: such a figure is a mistake."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who says what. Sources of one `group` repeat each other, so that they count as one."""

    name: str
    group: str
    is_daily: bool
    """Once for each bank day, as a file; the others speak at any time."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a source said at `at`: so much of each currency is paid for one of `base`."""

    base: str
    at: datetime
    rates: Mapping[str, Decimal]

    def rate(self, base: str, quote: str) -> Decimal | None:
        """How much of `quote` one of `base` costs; None when the source does not speak of both."""
        told = {**self.rates, self.base: ONE}
        if base not in told or quote not in told:
            return None
        return EVEN.divide(told[quote], told[base])


@dataclass(frozen=True, slots=True)
class Day:
    """What one euro cost on a past day, by currency."""

    on: date
    rates: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class PastRate:
    """What one currency cost in another on a past day."""

    on: date
    rate: Decimal


def crossed(day: Day, pair: tuple[str, str]) -> PastRate:
    """A day's rate of a pair, both of which the day speaks of."""
    base, quote = (ONE if code == EURO else day.rates[code] for code in pair)
    return PastRate(day.on, EVEN.divide(quote, base))


class State(StrEnum):
    """How a source does, in a word."""

    WAITING = "waiting"  # never asked yet
    WELL = "well"
    FAILING = "failing"
    SHUT = "shut"  # fails, and is left alone for a while


@dataclass(frozen=True, slots=True)
class Health:
    """How a source does. `failures` since it last succeeded; `is_shut`: it is left alone for a while."""

    source: str
    told_at: datetime | None = None
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    failures: int = 0
    error: str | None = None
    message: str | None = None
    is_shut: bool = False

    @property
    def state(self) -> State:
        """In a word."""
        if self.is_shut:
            return State.SHUT
        if self.failures:
            return State.FAILING
        return State.WELL if self.succeeded_at else State.WAITING


def can_be(rate: Decimal) -> bool:
    """Whether a figure can be a rate at all: not zero, not endless, not below nothing."""
    if not rate.is_finite() or rate <= 0:
        return False
    return abs(rate.adjusted()) <= MAGNITUDE_MAX and len(rate.as_tuple().digits) <= DIGITS_MAX


def is_ahead(source: Source, at: datetime, now: datetime) -> bool:
    """Whether a source speaks of a time that has not come."""
    if source.is_daily:
        return bank_days.day_of(at) > bank_days.day_of(now)
    return at - now > AHEAD_MAX


def apart(one: Decimal, other: Decimal) -> Decimal:
    """How far two rates lie from each other, as a part; the same from either side."""
    return EVEN.divide(max(one, other), min(one, other)) - ONE


def canonical(base: str, quote: str) -> tuple[str, str]:
    """The direction in which a pair is judged and kept, so that both directions always agree."""
    return (base, quote) if base < quote else (quote, base)
