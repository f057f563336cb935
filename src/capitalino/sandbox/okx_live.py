"""OKX's WebSocket market streams: subscribe to a pair's ticker. The heartbeat is a text of its own."""

import json
from typing import Any

from aiohttp import web

from capitalino.sandbox.live import LiveSteps
from capitalino.sandbox.okx_shapes import instrument_id, ticker
from capitalino.sandbox.pairs import PAIRS
from capitalino.sandbox.prices import QUOTED_MS

TICKERS = "tickers"
PAIRS_BY_ID = {instrument_id(pair): pair for pair in PAIRS.values()}


class OkxLive(LiveSteps):
    """A stream is known by the id of its instrument."""

    async def _hear(self, socket: web.WebSocketResponse, text: str, streams: set[str]) -> None:
        if text == "ping":
            await socket.send_str("pong")
            return
        asked = _read(text)
        if asked is None:
            told = {"event": "error", "code": "60012", "msg": f"Illegal request: {text[:200]}"}
            await socket.send_json(told)
            return
        for stream in asked["args"]:
            await socket.send_json(_changed(asked["op"], stream, streams))

    def _message(self, stream: str, step: int, *, is_last: bool) -> dict[str, Any] | None:
        if not is_last:
            return None
        told = ticker(self._market, PAIRS_BY_ID[stream], step * QUOTED_MS)
        return {"arg": {"channel": TICKERS, "instId": stream}, "data": [told]}


def _read(text: str) -> dict[str, Any] | None:
    """A request that can be answered, or nothing."""
    try:
        asked = json.loads(text)
    except ValueError:
        return None
    if not isinstance(asked, dict) or asked.get("op") not in {"subscribe", "unsubscribe"}:
        return None
    streams = asked.get("args")
    is_read = isinstance(streams, list) and all(isinstance(stream, dict) for stream in streams)
    return asked if is_read else None


def _changed(op: str, stream: dict[str, Any], streams: set[str]) -> dict[str, Any]:
    """Begin or end one stream, and say so."""
    channel, named = stream.get("channel"), stream.get("instId")
    if channel != TICKERS or named not in PAIRS_BY_ID:
        told = f"Wrong URL or channel:{channel},instId:{named} doesn't exist. Please use the correct URL."
        return {"event": "error", "code": "60018", "msg": told, "connId": "a4d3ae55"}
    change = streams.add if op == "subscribe" else streams.discard
    change(named)
    return {"event": op, "arg": {"channel": channel, "instId": named}, "connId": "a4d3ae55"}
