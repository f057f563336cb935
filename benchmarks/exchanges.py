"""Four exchanges that only tell prices, on loopback: each speaks its own protocol, about made-up pairs.

    python -m benchmarks.exchanges PORT BEGUN RATE

A price says itself when it was due: the middle of a pair is `FIRST + n * STEP` at step n, see `due`. RATE is
in ticks a second of each pair at each exchange.
"""

import asyncio
import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import uvloop
from aiohttp import WSMsgType, web

from capitalino.sandbox import binance_shapes, kraken_shapes, okx_shapes
from capitalino.sandbox.pairs import Pair

COUNT = 50
PAIRS = tuple(
    Pair(f"C{n:02}", "EUR", Decimal("0.001"), Decimal("0.001"), Decimal(9000)) for n in range(COUNT)
)
FIRST, STEP = Decimal(1000), Decimal("0.002")
PAUSE_S = 0.001
DAY = {"open": "1000", "high": "1100", "low": "900", "volume": "1000"}


@dataclass(frozen=True, slots=True)
class Said:
    """What is told of a pair at a step."""

    pair: Pair
    bid: str
    ask: str
    last: str
    at: float

    @property
    def ms(self) -> int:
        """In milliseconds since 1970."""
        return int(self.at * 1000)

    @property
    def iso(self) -> str:
        """As text."""
        return datetime.fromtimestamp(self.at, UTC).isoformat().replace("+00:00", "Z")


def due(venue: str, number: int, step: int, begun: float, rate: float) -> float:
    """When a pair's step is told: pairs follow each other, and so do the exchanges."""
    return begun + (step + number / COUNT + list(EXCHANGES).index(venue) / len(EXCHANGES)) / rate


def said(number: int, step: int, at: float) -> Said:
    """The price of a pair at a step."""
    middle = FIRST + step * STEP
    return Said(PAIRS[number], str(middle - STEP / 2), str(middle + STEP / 2), str(middle), at)


class Exchange(ABC):
    """One of the four. It tells of all pairs, whichever are asked for."""

    name = ""
    stream = ""

    def __init__(self, begun: float, rate: float) -> None:
        self._begun, self._rate = begun, rate
        self.sent = 0

    @abstractmethod
    def rules(self, asked: web.Request) -> Any:
        """What is traded, and by which rules."""

    @abstractmethod
    def answers(self, text: str) -> list[Any]:
        """What is said to a request on the stream; the first one begins it."""

    @abstractmethod
    def message(self, one: Said) -> dict[str, Any]:
        """A ticker."""

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        telling: asyncio.Future[None] | None = None
        async for heard in socket:
            if heard.type is WSMsgType.TEXT:
                for answer in self.answers(heard.data):
                    await (socket.send_str(answer) if isinstance(answer, str) else socket.send_json(answer))
                if telling is None:
                    telling = asyncio.ensure_future(self._tell(socket))
        if telling is not None:
            telling.cancel()
        return socket

    async def _tell(self, socket: web.WebSocketResponse) -> None:
        with suppress(ConnectionError):
            await self._on_time(socket)

    async def _on_time(self, socket: web.WebSocketResponse) -> None:
        first = due(self.name, 0, 0, self._begun, self._rate)
        done = int((time.time() - first) * self._rate * COUNT)
        while not socket.closed:
            now = int((time.time() - first) * self._rate * COUNT)
            for turn in range(done + 1, now + 1):
                step, number = divmod(turn, COUNT)
                at = due(self.name, number, step, self._begun, self._rate)
                await self._send(socket, said(number, step, at))
            done = now
            await asyncio.sleep(PAUSE_S)

    async def _send(self, socket: web.WebSocketResponse, one: Said) -> None:
        await socket.send_str(json.dumps(self.message(one)))
        self.sent += 1


class Binance(Exchange):
    """Tells of the last day with every ticker."""

    name = "binance"
    stream = "/stream/ws{more:.*}"

    def rules(self, asked: web.Request) -> Any:
        """Of all pairs."""
        del asked
        return binance_shapes.exchange_info(PAIRS, int(time.time() * 1000))

    def answers(self, text: str) -> list[Any]:
        """A subscription is confirmed by its number."""
        return [{"result": None, "id": json.loads(text).get("id")}]

    def message(self, one: Said) -> dict[str, Any]:
        """As `<symbol>@ticker`."""
        day = {"o": DAY["open"], "h": DAY["high"], "l": DAY["low"], "v": DAY["volume"], "q": DAY["volume"]}
        best = {"b": one.bid, "B": "1", "a": one.ask, "A": "1", "c": one.last, "Q": "1"}
        moved = {"p": "1", "P": "0.1", "w": "1000", "x": "1000"}
        when = {"E": one.ms, "O": one.ms - 86_400_000, "C": one.ms, "F": 1, "L": 2, "n": 2}
        return {"e": "24hrTicker", "s": one.pair.symbol, **best, **day, **moved, **when}


class Kraken(Exchange):
    """Its second version of the stream."""

    name = "kraken"
    stream = "/v2"

    def rules(self, asked: web.Request) -> Any:
        """Of all pairs, by their names."""
        del asked
        found = {kraken_shapes.pair_name(pair): kraken_shapes.asset_pair(pair) for pair in PAIRS}
        return {"error": [], "result": found}

    def answers(self, text: str) -> list[Any]:
        """Each pair is confirmed by itself."""
        asked = json.loads(text)
        if asked.get("method") == "ping":
            return [{"method": "pong", "req_id": asked.get("req_id")}]
        return [
            {
                "method": "subscribe",
                "success": True,
                "req_id": asked.get("req_id"),
                "result": {"channel": "ticker", "event_trigger": "bbo", "snapshot": True, "symbol": symbol},
            }
            for symbol in asked["params"]["symbol"]
        ]

    def message(self, one: Said) -> dict[str, Any]:
        """Numbers, not text."""
        names = {"bid": one.bid, "ask": one.ask, "last": one.last, **DAY}
        figures = {name: float(text) for name, text in names.items() if name != "open"}
        more = {"bid_qty": 1.0, "ask_qty": 1.0, "vwap": 1000.0, "change": 1.0, "change_pct": 0.1}
        data = {"symbol": f"{one.pair.base}/{one.pair.quote}", **figures, **more, "timestamp": one.iso}
        return {"channel": "ticker", "type": "update", "data": [data]}


class Okx(Exchange):
    """Asked for the rules of one pair at a time."""

    name = "okx"
    stream = "/ws/v5/public"

    def rules(self, asked: web.Request) -> Any:
        """Of one pair, or of all."""
        named = asked.query.get("instId")
        wanted = [pair for pair in PAIRS if named in {None, okx_shapes.instrument_id(pair)}]
        rows = [okx_shapes.instrument(pair, 1_600_000_000_000) for pair in wanted]
        return {"code": "0", "msg": "", "data": rows}

    def answers(self, text: str) -> list[Any]:
        """Each pair is confirmed by itself; a ping is not JSON."""
        if text == "ping":
            return ["pong"]
        asked = json.loads(text)
        return [{"event": asked["op"], "arg": stream, "connId": "a4d3ae55"} for stream in asked["args"]]

    def message(self, one: Said) -> dict[str, Any]:
        """One row of data."""
        named = okx_shapes.instrument_id(one.pair)
        best = {
            "last": one.last,
            "lastSz": "1",
            "askPx": one.ask,
            "askSz": "1",
            "bidPx": one.bid,
            "bidSz": "1",
        }
        day = {"open24h": DAY["open"], "high24h": DAY["high"], "low24h": DAY["low"]}
        more = {"vol24h": "1000", "volCcy24h": "1000000", "sodUtc0": "1000", "sodUtc8": "1000"}
        row = {"instType": "SPOT", "instId": named, **best, **day, **more, "ts": str(one.ms)}
        return {"arg": {"channel": "tickers", "instId": named}, "data": [row]}


class Coinbase(Exchange):
    """Numbers its messages."""

    name = "coinbase"
    stream = "/ws"

    def rules(self, asked: web.Request) -> Any:
        """Of all pairs."""
        del asked
        return {"products": [_product(pair) for pair in PAIRS], "num_products": COUNT}

    def answers(self, text: str) -> list[Any]:
        """All subscriptions are confirmed at once."""
        del text
        return [{"channel": "subscriptions", "sequence_num": 0, "events": [{"subscriptions": {}}]}]

    def message(self, one: Said) -> dict[str, Any]:
        """One ticker in one event."""
        ticker = {
            "type": "ticker",
            "product_id": f"{one.pair.base}-{one.pair.quote}",
            "price": one.last,
            "volume_24_h": DAY["volume"],
            "low_24_h": DAY["low"],
            "high_24_h": DAY["high"],
            "low_52_w": DAY["low"],
            "high_52_w": DAY["high"],
            "price_percent_chg_24_h": "0.1",
            "best_bid": one.bid,
            "best_ask": one.ask,
            "best_bid_quantity": "1",
            "best_ask_quantity": "1",
        }
        events = [{"type": "update", "tickers": [ticker]}]
        named = {"channel": "ticker", "client_id": "", "timestamp": one.iso, "sequence_num": self.sent + 1}
        return {**named, "events": events}


def _product(pair: Pair) -> dict[str, Any]:
    steps = dict.fromkeys(("base_increment", "quote_increment", "price_increment", "base_min_size"), "0.001")
    switches = (
        "is_disabled",
        "new",
        "cancel_only",
        "limit_only",
        "post_only",
        "trading_disabled",
        "view_only",
    )
    return {
        "product_id": f"{pair.base}-{pair.quote}",
        "price": "1000",
        "price_percentage_change_24h": "0.1",
        "base_currency_id": pair.base,
        "quote_currency_id": pair.quote,
        **steps,
        **dict.fromkeys(switches, False),
        "quote_min_size": "1",
        "base_max_size": "9000",
        "quote_max_size": "9000000",
        "product_type": "SPOT",
        "status": "online",
    }


EXCHANGES: dict[str, tuple[type[Exchange], str]] = {
    "binance": (Binance, "/api/v3/exchangeInfo"),
    "kraken": (Kraken, "/0/public/AssetPairs"),
    "okx": (Okx, "/api/v5/public/instruments"),
    "coinbase": (Coinbase, "/api/v3/brokerage/market/products"),
}


def application(begun: float, rate: float) -> web.Application:
    """All four, each below its name."""
    app = web.Application()
    exchanges = {name: made(begun, rate) for name, (made, _) in EXCHANGES.items()}
    for name, (_, path) in EXCHANGES.items():
        app.router.add_get(f"/{name}{path}", _told(exchanges[name].rules))
        app.router.add_get(f"/{name}{exchanges[name].stream}", exchanges[name].connect)

    return app


def _told(rules: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(rules(request))

    return answer


async def main(port: int, begun: float, rate: float) -> None:
    """Serve until killed."""
    runner = web.AppRunner(application(begun, rate), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
