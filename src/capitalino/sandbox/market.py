"""The pairs with their prices now: what orders, answers and streams all read."""

from collections.abc import Iterable
from decimal import Decimal

from capitalino.kit.clock import Clock
from capitalino.sandbox.altered import altered
from capitalino.sandbox.book import Book, book
from capitalino.sandbox.pace import DAY_MS, Pace
from capitalino.sandbox.pairs import PAIRS, Pair
from capitalino.sandbox.prices import MINUTE_MS, QUOTED_MS, Bar, Prices
from capitalino.sandbox.recorded import MILLION, Recording
from capitalino.sandbox.refusals import INVALID_SYMBOL, Refusal
from capitalino.sandbox.replay import Replay
from capitalino.sandbox.when import now_ms

INTERVALS = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "1d": DAY_MS,
}
BARS_MAX = 1000


class Market:
    """Every pair's prices by one clock."""

    def __init__(self, recordings: dict[str, Recording], pace: Pace, clock: Clock) -> None:
        self._recordings = recordings
        self._prices = {name: Prices(recordings[name], pace) for name in PAIRS}
        self._clock = clock

    def follow(self, replay: Replay, pace: Pace) -> None:
        """Let one pair follow a file from now on."""
        recording = self._recordings[replay.symbol]
        replay = replay.at_level(recording.days[-1].close)
        days = replay.days(recording.days, pace)
        self._prices[replay.symbol] = Prices(Recording(days, recording.path), pace, replay.tape)

    def now_ms(self) -> int:
        """The instant, in milliseconds; of a market that is told late, an earlier one."""
        return now_ms(self._clock) - altered().age_ms

    def shown_ms(self) -> int:
        """What the exchange's clock shows, by which it judges signatures and deadlines."""
        return now_ms(self._clock) + altered().skew_ms

    def pair(self, symbol: str) -> Pair:
        """The pair of a Binance symbol; refuses an unknown one."""
        if symbol not in PAIRS:
            raise INVALID_SYMBOL
        return PAIRS[symbol]

    def first_ms(self, pair: Pair) -> int:
        """When the pair's prices begin."""
        return self._prices[pair.symbol].first_ms

    def price(self, pair: Pair, at_ms: int) -> Decimal:
        """The middle price at an instant, in whole ticks."""
        return in_ticks(pair, self._prices[pair.symbol].at(at_ms))

    def book(self, pair: Pair, at_ms: int) -> Book:
        """The book at an instant."""
        return book(pair, self._prices[pair.symbol].at(at_ms))

    def step(self, at_ms: int) -> int:
        """The number of the book's state at an instant; a state never changes."""
        return at_ms // QUOTED_MS

    def last_day(self, pair: Pair, at_ms: int) -> Bar:
        """The last 24 hours."""
        at_ms -= at_ms % QUOTED_MS
        return self._prices[pair.symbol].bar(at_ms - DAY_MS, DAY_MS, at_ms + 1)

    def extremes(self, pair: Pair, start_ms: int, end_ms: int) -> tuple[Decimal, Decimal]:
        """The lowest and the highest price between two instants."""
        low, high = self._prices[pair.symbol].extremes(start_ms, end_ms)
        return in_ticks(pair, low), in_ticks(pair, high)

    def bars(
        self, pair: Pair, interval: str, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Iterable[Bar]:
        """Bars oldest first: from `start_ms` on, or the last ones up to `end_ms`, or up to now."""
        if interval not in INTERVALS:
            raise Refusal(-1120, "Invalid interval.")
        length, now, prices = INTERVALS[interval], self.now_ms(), self._prices[pair.symbol]
        limit = max(1, min(limit, BARS_MAX))
        last = min(end_ms if end_ms is not None else now, now) // length * length
        first = last - (limit - 1) * length
        if start_ms is not None:
            first = -(-start_ms // length) * length
            last = min(last, first + (limit - 1) * length)
        first = max(first, prices.first_ms)
        return [prices.bar(opened, length, now) for opened in range(first, last + 1, length)]


def in_ticks(pair: Pair, millionths: int) -> Decimal:
    """A price as the exchange shows it."""
    return Decimal(millionths) / MILLION // pair.tick * pair.tick
