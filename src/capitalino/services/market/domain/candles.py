"""Candles: what the price did in a stretch of time, made from ticks or told by a venue."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING = Decimal(0)


class Interval(StrEnum):
    """How long one candle lasts, as the API writes it."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def length(self) -> timedelta:
        """As a difference of instants."""
        return LENGTHS[self]

    def start(self, at: datetime) -> datetime:
        """When the candle opened in which `at` lies. Days begin at midnight UTC."""
        return at - (at - EPOCH) % self.length


LENGTHS = {
    Interval.MINUTE: timedelta(minutes=1),
    Interval.FIVE_MINUTES: timedelta(minutes=5),
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Candle:
    """From `at` on, for one interval."""

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = NOTHING

    @property
    def is_sound(self) -> bool:
        """Whether it can be true at all: a venue's answer is not believed unseen."""
        inside = self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high
        return inside and self.low > 0 and self.volume >= 0


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of whole candles, `start` included and `end` not."""

    start: datetime
    end: datetime


def window(
    interval: Interval, since: datetime | None, until: datetime, limit: int, first: datetime | None
) -> Window:
    """At most `limit` candles: the first ones from `since` on, or without it the last ones before `until`.

    `first` is the oldest candle there is: a page before it would be empty.
    """
    end = _ceiling(interval, until)
    start = _ceiling(interval, since) if since else end - limit * interval.length
    if first:
        start = max(start, interval.start(first))
    return Window(start, min(end, start + limit * interval.length))


def _ceiling(interval: Interval, at: datetime) -> datetime:
    start = interval.start(at)
    return start if start == at else start + interval.length


class Minutes:
    """Builds the candles of minutes from ticks. A minute without a tick has no candle: nothing is made up."""

    def __init__(self) -> None:
        self._open: dict[str, dict[datetime, Candle]] = defaultdict(dict)
        self._changed: set[tuple[str, datetime]] = set()

    def add(self, instrument: str, price: Decimal, at: datetime) -> None:
        """Count one tick."""
        minute = Interval.MINUTE.start(at)
        candle = self._open[instrument].get(minute)
        if candle is None:
            candle = Candle(minute, price, price, price, price)
        else:
            candle = replace(candle, high=max(candle.high, price), low=min(candle.low, price), close=price)
        self._open[instrument][minute] = candle
        self._changed.add((instrument, minute))

    def take(self) -> list[tuple[str, Candle]]:
        """What has changed since it was last asked, oldest first. Only the newest minutes stay open."""
        taken = [(instrument, self._open[instrument][minute]) for instrument, minute in sorted(self._changed)]
        self._changed.clear()
        for instrument, minutes in self._open.items():
            newest = max(minutes)
            self._open[instrument] = {newest: minutes[newest]}
        return taken

    def put_back(self, taken: Iterable[tuple[str, Candle]]) -> None:
        """They could not be kept: they come again with the next `take`."""
        for instrument, candle in taken:
            self._open[instrument].setdefault(candle.at, candle)
            self._changed.add((instrument, candle.at))
