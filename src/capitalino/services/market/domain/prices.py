"""Live prices: what each source said last, how old that is, and what one asset costs in another."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from statistics import median

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
    """What is served: `at` and `age_ms` are those of the oldest observation in it."""

    bid: Decimal
    ask: Decimal
    mid: Decimal
    at: datetime
    age_ms: int
    sources: tuple[str, ...]
    change_24h: Decimal | None = None

    def inverted(self) -> "Price":
        """The same, seen from the other asset. Rounded against whoever trades at it."""
        return Price(
            bid=DOWN.divide(ONE, self.ask),
            ask=UP.divide(ONE, self.bid),
            mid=EVEN.divide(ONE, self.mid),
            at=self.at,
            age_ms=self.age_ms,
            sources=self.sources,
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


class LivePrices:
    """The newest observation of every instrument from every source, in the memory of one replica."""

    def __init__(self, age_max_s: float) -> None:
        self._age_max = timedelta(seconds=age_max_s)
        self._held: dict[str, dict[str, tuple[Observation, float]]] = {}

    def hear(self, told: Observation, heard_s: float) -> None:
        """Take in an observation, unless it is older than what is held: signals may overtake each other."""
        sources = self._held.setdefault(told.instrument, {})
        held = sources.get(told.source)
        if held is None or held[0].at < told.at:
            sources[told.source] = (told, heard_s)

    def find(self, instrument: str, now: datetime, now_s: float) -> Price | None:
        """The median of what is fresh; None when nothing is."""
        fresh = [
            (told, age)
            for told, heard_s in self._held.get(instrument, {}).values()
            if (age := _age(told, heard_s, now, now_s)) <= self._age_max
        ]
        if not fresh:
            return None
        observations = [told for told, _ in fresh]
        changes = [told.change_24h for told in observations if told.change_24h is not None]
        return Price(
            bid=median(told.bid for told in observations),
            ask=median(told.ask for told in observations),
            mid=median(told.mid for told in observations),
            at=min(told.at for told in observations),
            age_ms=max(age for _, age in fresh) // timedelta(milliseconds=1),
            sources=tuple(sorted(told.source for told in observations)),
            change_24h=median(changes) if changes else None,
        )


def _age(told: Observation, heard_s: float, now: datetime, now_s: float) -> timedelta:
    # By whichever clock it is older: the sender's may run ahead of ours, and a dead feed would look alive.
    return max(now - told.at, timedelta(seconds=now_s - heard_s), timedelta())


class Conflation:
    """Lets one observation of an instrument and a source through every `pause_s`: the newest."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._waiting: dict[tuple[str, str], Observation] = {}
        self._sent_s: dict[tuple[str, str], float] = {}

    def offer(self, told: Observation) -> None:
        """Put it in the place of an older one that still waits."""
        self._waiting[told.instrument, told.source] = told

    def due(self, now_s: float) -> list[Observation]:
        """Take out what may be sent now."""
        free = [
            key for key in self._waiting if now_s - self._sent_s.get(key, -self._pause_s) >= self._pause_s
        ]
        self._sent_s |= dict.fromkeys(free, now_s)
        return [self._waiting.pop(key) for key in free]
