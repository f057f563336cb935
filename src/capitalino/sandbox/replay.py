"""A file of candles as the live price of one pair: which pair, how its path goes, and at which pace."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Self

from capitalino.sandbox.candles_file import Candle, Candles, NotCandles, names, read_candles
from capitalino.sandbox.pace import DAY_MS, Pace, Stretch
from capitalino.sandbox.pairs import PAIRS, Pair
from capitalino.sandbox.recorded import MILLION, Day
from capitalino.sandbox.tape import Tape

POINTS_A_CANDLE = 4
POINTS_MAX = 10_000_000
TICKS_LEAST = 100
"""A price of fewer ticks than this would move in jumps: the file is of something else than the pair."""
SECOND_MS = 1000
MOVES_FROM = Decimal(10_000)
"""Where only moves are meant, the path begins here at first: fine enough for any of them."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a pair's price does from a first start on. `key` is the same whenever the file is."""

    symbol: str
    tape: Tape
    key: str
    candles: int
    is_moves: bool = False
    """Only how it moves is meant, not how high it stands."""

    def at_level(self, close: int) -> Self:
        """Where only its moves are meant: so that it begins at a price."""
        if not self.is_moves:
            return self
        first = self.tape.points[0]
        points = array("q", (max(close * point // first, 1) for point in self.tape.points))
        return replace(self, tape=Tape(points, self.tape.step_ms))

    @property
    def speed_max(self) -> int:
        """As fast as every one of a candle's four prices is still quoted: a candle a second."""
        return max(self.tape.step_ms * POINTS_A_CANDLE // SECOND_MS, 1)

    def beginning(self, now_ms: int, speed: int) -> Pace:
        """The file begins now. What lies before is the file backwards, so that the price never jumped."""
        midnight = now_ms - now_ms % DAY_MS
        before = [Stretch(midnight, midnight - now_ms, 1)] if midnight < now_ms else []
        return Pace([*before, Stretch(now_ms, 0, speed)])

    def days(self, recorded: tuple[Day, ...], pace: Pace) -> tuple[Day, ...]:
        """The recorded days at another level, so that they end where the path begins."""
        close, first = recorded[-1].close, self.tape.at(pace.position(pace.anchor_ms))

        def level(price: int) -> int:
            return max(price * first // close, 1)

        return tuple(
            replace(
                day, open=level(day.open), high=level(day.high), low=level(day.low), close=level(day.close)
            )
            for day in recorded
        )


def replayed(path: Path, asked: str = "", *, is_moves: bool = False) -> Replay:
    """The file as a path. `asked` is the pair; without it, the file or its name has to tell."""
    meant = _pair(asked) if asked else _named(path)
    candles = read_candles(path, meant.base if meant else "")
    pair = meant if asked or not candles.symbol else _pair(candles.symbol) or meant
    if pair is None:
        known = ", ".join(PAIRS)
        told = asked or candles.symbol or "neither the file nor its name says which pair it is of"
        raise NotCandles(f"{path}: {told}; name one of {known} by --pair")
    try:
        tape = _tape(candles, pair, is_moves=is_moves)
    except NotCandles as wrong:
        raise NotCandles(f"{path}: {wrong}") from None
    digest = hashlib.sha256(tape.points.tobytes()).hexdigest()
    return Replay(pair.symbol, tape, f"{pair.symbol} {tape.step_ms} {digest}", len(candles.rows), is_moves)


def _pair(told: str) -> Pair | None:
    """The pair that is meant by `BTC/EUR`, `btc-eur` or Kraken's `XBTEUR`."""
    return PAIRS.get("".join(filter(str.isalpha, told.upper())).replace("XBT", "BTC"))


def _named(path: Path) -> Pair | None:
    """The pair in the file's name; where only its base asset is, the first pair with that."""
    words = [word.replace("XBT", "BTC") for word in names(path)]
    joined = [*words, *(before + after for before, after in pairwise(words))]
    found = [PAIRS[word] for word in joined if word in PAIRS]
    found += [pair for word in words for pair in PAIRS.values() if word.startswith(pair.base)]
    return found[0] if found else None


def _tape(candles: Candles, pair: Pair, *, is_moves: bool) -> Tape:
    lengths = Counter(after.at_ms - before.at_ms for before, after in pairwise(candles.rows))
    length = min(lengths, key=lambda one: (-lengths[one], one))
    if length % POINTS_A_CANDLE or any(other % length for other in lengths):
        raise NotCandles(f"candles a whole number of {length / SECOND_MS:g} s apart expected")
    whole = candles.rows[-1].at_ms - candles.rows[0].at_ms
    if POINTS_A_CANDLE * whole // length > POINTS_MAX:
        raise NotCandles(f"at most {POINTS_MAX // POINTS_A_CANDLE} candles expected, gaps included")
    lowest = min(candle.low for candle in candles.rows)
    if not is_moves and lowest < TICKS_LEAST * pair.tick:
        raise NotCandles(
            f"prices of {pair.symbol} expected, and {lowest} can hardly be one:"
            " name another pair by --pair, or add --moves"
        )
    per_unit = MOVES_FROM * MILLION / candles.rows[0].open if is_moves else Decimal(MILLION)
    return Tape(array("q", _points(candles.rows, length, per_unit)), length // POINTS_A_CANDLE)


def _points(rows: tuple[Candle, ...], length: int, per_unit: Decimal) -> Iterator[int]:
    """Open, both extremes, close. Over a gap, the close stays."""
    for i, candle in enumerate(rows):
        close = int(candle.close * per_unit)
        yield from (int(price * per_unit) for price in _way(candle))
        if i + 1 < len(rows):
            missing = (rows[i + 1].at_ms - candle.at_ms) // length - 1
            yield from (close for _ in range(missing * POINTS_A_CANDLE))


def _way(candle: Candle) -> tuple[Decimal, ...]:
    """A rise touches its low first, a fall its high."""
    between = (candle.low, candle.high) if candle.close >= candle.open else (candle.high, candle.low)
    return (candle.open, *between, candle.close)
