"""Prices: what is known of a moment, looked up either way round, and never a guess."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from capitalino.money import WIDE

Pair = tuple[str, str]
ONE = Decimal(1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Close:
    """The last price of a day."""

    pair: Pair
    day: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Tick:
    """A live price, and what it was a day before, where that is known."""

    rate: Decimal
    day_ago: Decimal | None
    at: datetime


class Rates:
    """Prices of one moment, looked up either way round or over one asset in between."""

    def __init__(self, known: Mapping[Pair, Decimal] | None = None) -> None:
        self._known: dict[Pair, Decimal] = {}
        self._quotes: set[str] = set()
        for pair, rate in (known or {}).items():
            self.learn(pair, rate)

    def learn(self, pair: Pair, rate: Decimal) -> None:
        """The newer one replaces the older one."""
        self._known[pair] = rate
        self._quotes |= set(pair)

    def find(self, of: str, quote: str) -> Decimal | None:
        """How much of `quote` one `of` costs."""
        if (straight := self._straight(of, quote)) is not None:
            return straight
        for between in sorted(self._quotes - {of, quote}):
            first, second = self._straight(of, between), self._straight(between, quote)
            if first is not None and second is not None:
                return WIDE.multiply(first, second)
        return None

    def _straight(self, of: str, quote: str) -> Decimal | None:
        if of == quote:
            return ONE
        if (rate := self._known.get((of, quote))) is not None:
            return rate
        inverse = self._known.get((quote, of))
        return None if inverse is None else WIDE.divide(ONE, inverse)


@dataclass(frozen=True, slots=True)
class Prices:
    """What is known now: live prices where they are fresh, else the last two closes."""

    ticks: Mapping[Pair, Tick]
    closes: Mapping[Pair, Sequence[Close]]
    """The newest first."""
    _now: Rates = field(default_factory=Rates)
    _then: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        for pair, closes in self.closes.items():
            self._now.learn(pair, closes[0].rate)
            if len(closes) > 1:
                self._then.learn(pair, closes[1].rate)
        for pair, tick in self.ticks.items():
            self._now.learn(pair, tick.rate)
            if tick.day_ago is not None:
                self._then.learn(pair, tick.day_ago)
            elif pair in self.closes:
                self._then.learn(pair, self.closes[pair][0].rate)

    def now(self, of: str, quote: str) -> Decimal | None:
        """The price now."""
        return self._now.find(of, quote)

    def then(self, of: str, quote: str) -> Decimal | None:
        """The price a day before."""
        return self._then.find(of, quote)

    def oldest(self, assets: set[str], now: datetime) -> datetime:
        """How old what is said of these assets is: the oldest price among them."""
        used = {pair: tick.at for pair, tick in self.ticks.items() if assets & set(pair)}
        for pair, closes in self.closes.items():
            if assets & set(pair) and pair not in used:
                used[pair] = datetime.combine(closes[0].day + DAY, time(), UTC)
        return min((now, *used.values()))
