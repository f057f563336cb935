"""Prices: what a source said, what is served, and what one asset costs in another."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Generic, TypeVar

from capitalino.services.market.domain.opinions import Opinion

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

PIVOT = "EUR"
"""Where two assets have no instrument of their own, both are priced in this one."""
DIGITS = 18
DOWN, UP, EVEN = (Context(prec=DIGITS, rounding=way) for way in (ROUND_FLOOR, ROUND_CEILING, ROUND_HALF_EVEN))
WIDE = Context(prec=80)
ONE = Decimal(1)
RATIO_STEP = Decimal("0.0001")


def bare(rate: Decimal) -> Decimal:
    """Without zeros at its end: 65000.1, not 65000.10000000."""
    return rate.normalize(WIDE)


def code_of(base: str, quote: str) -> str:
    """The name of an instrument: `BTC/EUR`."""
    return f"{base}/{quote}"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one source said about one instrument, and how far that is from a day before."""

    instrument: str
    source: str
    bid: Decimal
    ask: Decimal
    at: datetime
    change_24h: Decimal | None = None

    def __post_init__(self) -> None:
        if not 0 < self.bid <= self.ask:
            raise ValueError(f"{self.instrument} is not bought at {self.bid} and sold at {self.ask}")

    @property
    def mid(self) -> Decimal:
        """Half-way between what is paid and what is asked."""
        return (self.bid + self.ask) / 2

    def compared(self, day_before: Decimal | None) -> "Observation":
        """With the change since then."""
        return replace(self, change_24h=change(self.mid, day_before))


@dataclass(frozen=True, slots=True)
class Price:
    """What is served: `at` and `age_ms` are those of the oldest observation in it.

    `bid`, `ask` and `mid` are medians. `best_bid` is the most that any source pays and `best_ask` the least
    that any asks: of two sources, so that they may cross.
    """

    bid: Decimal
    ask: Decimal
    mid: Decimal
    at: datetime
    age_ms: int
    sources: tuple[str, ...]
    best_bid: Decimal
    best_ask: Decimal
    change_24h: Decimal | None = None
    opinions: tuple[Opinion, ...] = ()

    def inverted(self) -> "Price":
        """The same, seen from the other asset. Rounded against whoever trades at it."""
        return Price(
            bid=DOWN.divide(ONE, self.ask),
            ask=UP.divide(ONE, self.bid),
            mid=EVEN.divide(ONE, self.mid),
            at=self.at,
            age_ms=self.age_ms,
            sources=self.sources,
            best_bid=DOWN.divide(ONE, self.best_ask),
            best_ask=UP.divide(ONE, self.best_bid),
            opinions=self.opinions,
            change_24h=None if self.change_24h is None else _ratio(ONE, ONE + self.change_24h),
        )

    def times(self, then: "Price") -> "Price":
        """The price of a chain of two: A in B, times B in C, is A in C."""
        changes = (self.change_24h, then.change_24h)
        return Price(
            bid=DOWN.multiply(self.bid, then.bid),
            ask=UP.multiply(self.ask, then.ask),
            mid=EVEN.multiply(self.mid, then.mid),
            at=min(self.at, then.at),
            age_ms=max(self.age_ms, then.age_ms),
            sources=tuple(sorted({*self.sources, *then.sources})),
            best_bid=DOWN.multiply(self.best_bid, then.best_bid),
            best_ask=UP.multiply(self.best_ask, then.best_ask),
            opinions=self.opinions + then.opinions,
            change_24h=None if None in changes else _ratio((ONE + changes[0]) * (ONE + changes[1]), ONE),  # type: ignore[operator]
        )


def change(now: Decimal, before: Decimal | None) -> Decimal | None:
    """How far the price went, as a part of what it was: 0.0123 is 1.23 % up. None when that is not known."""
    return None if not before else _ratio(now, before)


def _ratio(now: Decimal, before: Decimal) -> Decimal | None:
    return (now / before - ONE).quantize(RATIO_STEP) if before else None


@dataclass(frozen=True, slots=True)
class Step:
    """One instrument on the way from one asset to another, read from its other side if `is_inverted`."""

    instrument: str
    is_inverted: bool = False


def way(base: str, quote: str, known: Iterable[str]) -> tuple[Step, ...]:
    """By which instruments `base` is priced in `quote`: its own, or two through the pivot, or none."""
    known = frozenset(known)
    if single := _single(base, quote, known):
        return (single,)
    first, second = _single(base, PIVOT, known), _single(PIVOT, quote, known)
    return (first, second) if first and second and base != quote else ()


def _single(base: str, quote: str, known: frozenset[str]) -> Step | None:
    if code_of(base, quote) in known:
        return Step(code_of(base, quote))
    if code_of(quote, base) in known:
        return Step(code_of(quote, base), is_inverted=True)
    return None


class Conflation(Generic[K, V]):
    """Lets one value of each key through every `pause_s`: the newest."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._waiting: dict[K, V] = {}
        self._sent_s: dict[K, float] = {}

    def offer(self, key: K, value: V) -> None:
        """Put it in the place of an older one that still waits."""
        self._waiting[key] = value

    def take(self, key: K, now_s: float) -> V | None:
        """Take out what waits under one key, if it may be sent now."""
        if key not in self._waiting or now_s - self._sent_s.get(key, -self._pause_s) < self._pause_s:
            return None
        self._sent_s[key] = now_s
        return self._waiting.pop(key)

    def due(self, now_s: float) -> list[V]:
        """Take out all that may be sent now."""
        taken = (self.take(key, now_s) for key in tuple(self._waiting))
        return [value for value in taken if value is not None]
