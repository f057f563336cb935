"""Coinbase's WebSocket: subscribe to a channel of products, and be told by numbered messages."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from aiohttp import WSMsgType, web

from capitalino.sandbox.coinbase_shapes import day, product_id
from capitalino.sandbox.faults import Faults
from capitalino.sandbox.live import A_SECOND, Live
from capitalino.sandbox.market import Market
from capitalino.sandbox.pairs import PAIRS
from capitalino.sandbox.prices import QUOTED_MS
from capitalino.sandbox.when import instant

HEARTBEATS = "heartbeats"
PACES = {"ticker": A_SECOND, "ticker_batch": 5 * A_SECOND, HEARTBEATS: A_SECOND}
"""After how many steps of the price a channel tells again."""
PRODUCTS = {product_id(pair): pair for pair in PAIRS.values()}
BLANK = {"type": "ticker", "product_id": "", "price": "", "volume_24_h": "", "price_percent_chg_24_h": ""}


class CoinbaseLive(Live):
    """A stream is a channel and a product."""

    def __init__(self, market: Market, faults: Faults, venue: str) -> None:
        super().__init__(market, faults, venue)
        self._numbers: WeakKeyDictionary[web.WebSocketResponse, int] = WeakKeyDictionary()

    async def _read(self, socket: web.WebSocketResponse, streams: set[str]) -> None:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            asked = json.loads(message.data)
            channel = asked.get("channel")
            products = [""] if channel == HEARTBEATS else asked.get("product_ids") or [""]
            if channel not in PACES or (channel != HEARTBEATS and not PRODUCTS.keys() >= set(products)):
                await socket.send_json({"type": "error", "message": "no such channel or product"})
                continue
            wanted = {f"{channel} {product}" for product in products}
            if asked.get("type") == "subscribe":
                streams |= wanted
            else:
                streams -= wanted
            await self._send(socket, "subscriptions", [{"subscriptions": _by_channel(streams)}])
            if channel != HEARTBEATS:
                # As Coinbase sometimes does: a ticker of nothing.
                await self._send(socket, channel, [{"type": "snapshot", "tickers": [BLANK]}])

    async def _tell(self, socket: web.WebSocketResponse, streams: set[str], *, is_silent: bool) -> None:
        told = self._market.step(self._market.now_ms())
        while not socket.closed:
            step = self._market.step(self._market.now_ms())
            for channel, events in () if is_silent else self._due(streams, told, step):
                await self._send(socket, channel, events, step * QUOTED_MS)
            told = step
            await asyncio.sleep((QUOTED_MS - self._market.now_ms() % QUOTED_MS) / 1000)

    def _due(self, streams: set[str], told: int, step: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """What is to be told at a step: the newest only, whatever was passed over since the last."""
        for stream in sorted(streams):
            channel, _, product = stream.partition(" ")
            pace = PACES[channel]
            if told // pace == step // pace:
                continue
            if channel == HEARTBEATS:
                at = instant(step * QUOTED_MS)
                yield channel, [{"current_time": at, "heartbeat_counter": str(step // pace)}]
            else:
                ticker = day(self._market, PRODUCTS[product], step * QUOTED_MS)
                yield channel, [{"type": "update", "tickers": [ticker]}]

    async def _send(
        self,
        socket: web.WebSocketResponse,
        channel: str,
        events: list[dict[str, Any]],
        at_ms: int | None = None,
    ) -> None:
        """Messages of one connection are numbered without a gap."""
        number = self._numbers[socket] = self._numbers.get(socket, -1) + 1
        at = instant(self._market.now_ms() if at_ms is None else at_ms)
        message = {
            "channel": channel,
            "client_id": "",
            "timestamp": at,
            "sequence_num": number,
            "events": events,
        }
        # Numbered before it may be left out, so that a gap shows.
        await (socket.send_json(message) if at_ms is None else self._say(socket, message))


def _by_channel(streams: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for stream in sorted(streams):
        channel, _, product = stream.partition(" ")
        found.setdefault(channel, []).append(product)
    return found
