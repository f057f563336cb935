"""The order book round a middle price, and what an order takes from it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from capitalino.sandbox.pairs import Pair
from capitalino.sandbox.recorded import MILLION

LEVELS = 60
HALF_SPREAD = 2
"""The best price lies this many ten-thousandths from the middle; each further level one more."""
LEVEL_WORTH = 15_000
"""What the first level is about worth, in the quote asset; the deeper, the more."""
BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Level:
    """So much is offered at this price."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """Bids and asks, best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@lru_cache(maxsize=64)
def book(pair: Pair, middle: int) -> Book:
    """The whole book when the middle price is `middle` millionths. The same price gives the same book."""
    return Book(tuple(_side(pair, middle, -1)), tuple(_side(pair, middle, 1)))


def _side(pair: Pair, middle: int, sign: int) -> Iterator[Level]:
    """Best first; where a tick is coarse, levels fall together and are offered as one."""
    for price, levels in groupby(_levels(pair, middle, sign), key=lambda level: level.price):
        yield Level(price, sum((level.quantity for level in levels), Decimal(0)))


def _levels(pair: Pair, middle: int, sign: int) -> Iterator[Level]:
    tick = int(pair.tick * MILLION)
    for depth in range(LEVELS):
        exact = middle * (BASIS + sign * (HALF_SPREAD + depth)) // BASIS
        price = Decimal((exact + (tick - 1 if sign > 0 else 0)) // tick) * pair.tick
        # Some levels are fuller than others; made of price and depth, that stays the same when asked again.
        fullness = 60 + (exact // tick * 2_654_435_761 + depth * 40_503 >> 9) % 81
        worth = Decimal(LEVEL_WORTH * (10 + depth) * fullness) / 1000
        yield Level(price, worth / price // pair.lot * pair.lot)


def take(
    levels: tuple[Level, ...], lot: Decimal, *, quantity: Decimal | None = None, cost: Decimal | None = None
) -> list[Level]:
    """What an order takes, level by level: a quantity, or what `cost` buys; less when the book is thin."""
    taken = []
    for level in levels:
        share = level.quantity
        if quantity is not None:
            share = min(share, quantity)
            quantity -= share
        if cost is not None:
            share = min(share, cost / level.price // lot * lot)
            cost -= share * level.price
        if not share:
            break
        taken.append(Level(level.price, share))
    return taken
