"""Kraken's WebSocket market stream, second version: tickers, heartbeats, and the answer to a ping."""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from capitalino.sandbox.kraken_shapes import BY_WS_NAME, told
from capitalino.sandbox.live import A_SECOND, Live
from capitalino.sandbox.prices import QUOTED_MS
from capitalino.sandbox.when import instant

STATUS = {"version": "2.0.10", "system": "online", "api_version": "v2", "connection_id": 1}
ON_TRADES = "trades"
"""Told once a second, as if there were a trade; on each move of the best prices with every step."""


class KrakenLive(Live):
    """A stream is named by pair and by what triggers it."""

    async def _read(self, socket: web.WebSocketResponse, streams: set[str]) -> None:
        await socket.send_json({"channel": "status", "type": "update", "data": [STATUS]})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            asked = json.loads(message.data)
            for answer in self._answers(asked):
                times = {"time_in": self._now(), "time_out": self._now()}
                known = {"req_id": asked["req_id"]} if "req_id" in asked else {}
                await socket.send_json({"method": asked.get("method")} | answer | times | known)
                if "result" in answer:
                    change = streams.add if asked["method"] == "subscribe" else streams.discard
                    change(f"{answer['result']['symbol']}@{answer['result']['event_trigger']}")

    def _answers(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        method, params = asked.get("method"), asked.get("params", {})
        if method == "ping":
            return [{"method": "pong"}]
        if method not in {"subscribe", "unsubscribe"} or params.get("channel") != "ticker":
            return [{"error": "Malformed request", "success": False}]
        return [
            self._answer(name, params.get("event_trigger", ON_TRADES)) for name in params.get("symbol", [])
        ]

    @staticmethod
    def _answer(name: str, trigger: str) -> dict[str, Any]:
        if name not in BY_WS_NAME:
            return {"error": f"Currency pair not supported {name}", "success": False, "symbol": name}
        result = {"channel": "ticker", "event_trigger": trigger, "snapshot": True, "symbol": name}
        return {"result": result, "success": True}

    async def _tell(self, socket: web.WebSocketResponse, streams: set[str], *, is_silent: bool) -> None:
        begun: set[str] = set()
        beat, last = 0, self._market.step(self._market.now_ms())
        while not socket.closed:
            begun &= streams
            step = self._market.step(self._market.now_ms())
            due = () if is_silent or step == last else tuple(streams)
            for stream in due:
                if stream in begun and stream.endswith(ON_TRADES) and step % A_SECOND:
                    continue
                await self._say(socket, self._message(stream, step, is_first=stream not in begun))
                begun.add(stream)
                beat = step
            if streams and step - beat >= A_SECOND:
                # Also a stream that tells no prices beats: that it is open proves nothing.
                await socket.send_json({"channel": "heartbeat"})
                beat = step
            last = step
            await asyncio.sleep((QUOTED_MS - self._market.now_ms() % QUOTED_MS) / 1000)

    def _message(self, stream: str, step: int, *, is_first: bool) -> dict[str, Any]:
        at_ms, pair = step * QUOTED_MS, BY_WS_NAME[stream.partition("@")[0]]
        data = told(self._market, pair, at_ms) | {"timestamp": instant(at_ms)}
        return {"channel": "ticker", "type": "snapshot" if is_first else "update", "data": [data]}

    def _now(self) -> str:
        return instant(self._market.now_ms())
