"""Binance's WebSocket market streams: subscribe to a pair's ticker, best prices, trades or book."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from capitalino.sandbox.binance_shapes import day_ticker, level
from capitalino.sandbox.book import Book
from capitalino.sandbox.live import A_SECOND, LiveSteps
from capitalino.sandbox.market import Market
from capitalino.sandbox.pairs import PAIRS, Pair, text
from capitalino.sandbox.prices import QUOTED_MS

SLOW = ("ticker", "miniTicker")
"""Told once a second; everything else with every step of the price."""


class BinanceLive(LiveSteps):
    """Binance's streams are named by symbol and channel."""

    async def _hear(self, socket: web.WebSocketResponse, text: str, streams: set[str]) -> None:
        asked = json.loads(text)
        if asked.get("method") == "SUBSCRIBE":
            streams.update(asked["params"])
        elif asked.get("method") == "UNSUBSCRIBE":
            streams.difference_update(asked["params"])
        await socket.send_json({"result": None, "id": asked.get("id")})

    def _message(self, stream: str, step: int, *, is_last: bool) -> dict[str, Any] | None:
        symbol, _, channel = stream.partition("@")
        pair = PAIRS.get(symbol.upper())
        name = channel.split("@")[0]
        tell = TOLD.get(name)
        if pair is None or tell is None:
            return None
        if name != "depth" and (not is_last or (name in SLOW and step % A_SECOND)):
            return None
        return tell(self._market, pair, step)


def _ticker(market: Market, pair: Pair, step: int) -> dict[str, Any]:
    at_ms = step * QUOTED_MS
    day = day_ticker(market, pair, at_ms)
    names = {
        "p": "priceChange",
        "P": "priceChangePercent",
        "w": "weightedAvgPrice",
        "x": "prevClosePrice",
        "c": "lastPrice",
        "Q": "lastQty",
        "b": "bidPrice",
        "B": "bidQty",
        "a": "askPrice",
        "A": "askQty",
        "o": "openPrice",
        "h": "highPrice",
        "l": "lowPrice",
        "v": "volume",
        "q": "quoteVolume",
        "O": "openTime",
        "C": "closeTime",
        "F": "firstId",
        "L": "lastId",
        "n": "count",
    }
    return {
        "e": "24hrTicker",
        "E": at_ms,
        "s": pair.symbol,
        **{short: day[name] for short, name in names.items()},
    }


def _mini_ticker(market: Market, pair: Pair, step: int) -> dict[str, Any]:
    whole = _ticker(market, pair, step)
    return {"e": "24hrMiniTicker", **{name: whole[name] for name in ("E", "s", "c", "o", "h", "l", "v", "q")}}


def _best(market: Market, pair: Pair, step: int) -> dict[str, Any]:
    book = market.book(pair, step * QUOTED_MS)
    bid, ask = level(book.bids[0]), level(book.asks[0])
    return {"u": step, "s": pair.symbol, "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}


def _trade(market: Market, pair: Pair, step: int) -> dict[str, Any]:
    at_ms = step * QUOTED_MS
    quantity = pair.lot * (1 + step * 2_654_435_761 % 997)
    return {
        "e": "trade",
        "E": at_ms,
        "s": pair.symbol,
        "t": step,
        "p": text(market.price(pair, at_ms)),
        "q": text(quantity),
        "T": at_ms,
        "m": step % 2 == 0,
        "M": True,
    }


def _depth(market: Market, pair: Pair, step: int) -> dict[str, Any]:
    """What changed in the book since the step before. Every step is told: `U` and `u` leave no gap."""
    before, now = market.book(pair, (step - 1) * QUOTED_MS), market.book(pair, step * QUOTED_MS)
    return {
        "e": "depthUpdate",
        "E": step * QUOTED_MS,
        "s": pair.symbol,
        "U": step,
        "u": step,
        "b": _changes(before, now, "bids"),
        "a": _changes(before, now, "asks"),
    }


def _changes(before: Book, now: Book, side: str) -> list[list[str]]:
    was = {level.price: level.quantity for level in getattr(before, side)}
    found = {level.price: level.quantity for level in getattr(now, side)}
    gone = [[text(price), text(Decimal(0))] for price in was if price not in found]
    return gone + [
        [text(price), text(quantity)] for price, quantity in found.items() if was.get(price) != quantity
    ]


TOLD: dict[str, Callable[[Market, Pair, int], dict[str, Any]]] = {
    "ticker": _ticker,
    "miniTicker": _mini_ticker,
    "bookTicker": _best,
    "trade": _trade,
    "depth": _depth,
}
