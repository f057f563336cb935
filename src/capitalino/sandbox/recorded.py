"""The recorded prices that ship with the sandbox, unpacked: days and paths of every pair, in millionths."""

import gzip
import json
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate
from typing import Any

MILLION = 10**6
STEP_MS = 20_000
"""What lies between two points of a path, in recorded time."""


@dataclass(frozen=True, slots=True)
class Day:
    """One recorded day; prices in millionths of the quote, volume in thousandths of the base."""

    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True, slots=True)
class Recording:
    """The days of one pair, oldest first, and the path that its live price follows after the last of them."""

    days: tuple[Day, ...]
    path: "array[int]"


def load() -> dict[str, Recording]:
    """Every pair that can be shown, by its symbol."""
    packed = files("capitalino.sandbox").joinpath("data/prices.json.gz").read_bytes()
    figures: dict[str, Any] = json.loads(gzip.decompress(packed))
    rates = list(accumulate(figures["usd_per_eur"]))
    btc = array("q", accumulate(figures["btc_20s"]))
    shapes = {
        "BTC": btc,
        "ETH": _crossed(btc, array("q", accumulate(figures["eth_btc_100s"]))),
        "LTC": _crossed(btc, array("q", accumulate(figures["ltc_btc_100s"]))),
    }
    pairs = {}
    for asset, shape in shapes.items():
        packed_days = figures["days"][asset]
        pairs[f"{asset}EUR"] = _recording(_days(packed_days, rates[packed_days["skip"] :]), shape)
    dollars = _days(figures["days"]["BTC"], [10_000] * len(rates))
    return pairs | {"BTCUSDT": _recording(dollars, btc)}


def _days(packed: dict[str, Any], rates: list[int]) -> tuple[Day, ...]:
    names = ("open", "high", "low", "close", "volume")
    opens, highs, lows, closes, volumes = (accumulate(packed[name]) for name in names)

    def millionths(cents: int, rate: int) -> int:
        return cents * 10_000 * 10_000 // rate

    return tuple(
        Day(millionths(o, rate), millionths(h, rate), millionths(lo, rate), millionths(c, rate), volume)
        for o, h, lo, c, volume, rate in zip(opens, highs, lows, closes, volumes, rates, strict=True)
    )


def _crossed(btc: "array[int]", in_btc: "array[int]") -> "array[int]":
    """A path in BTC, times BTC's own: of five points one is recorded, the others lie on a line."""
    last = min(len(btc), (len(in_btc) - 1) * 5)
    return array("q", _products(btc[:last], in_btc))


def _products(btc: Iterable[int], in_btc: "array[int]") -> Iterable[int]:
    for i, price in enumerate(btc):
        whole, part = divmod(i, 5)
        yield price * (in_btc[whole] * (5 - part) + in_btc[whole + 1] * part)


def _recording(days: tuple[Day, ...], shape: "array[int]") -> Recording:
    """Shift the path's level, so that it begins where the days end."""
    close, first = days[-1].close, shape[0]
    return Recording(days, array("q", (close * point // first for point in shape)))
