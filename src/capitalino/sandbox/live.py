"""The sockets of one exchange's stream, with the faults that befall them; what is said is the exchange's."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from capitalino.sandbox.befall import befall
from capitalino.sandbox.faults import MESSAGE, STREAM, Faults
from capitalino.sandbox.market import Market
from capitalino.sandbox.prices import QUOTED_MS

A_SECOND = 1000 // QUOTED_MS


class Live(ABC):
    """One WebSocket; many subscriptions on it."""

    def __init__(self, market: Market, faults: Faults, venue: str) -> None:
        self._market = market
        self._faults = faults
        self._venue = venue
        self._sockets: dict[web.WebSocketResponse, asyncio.Transport | None] = {}

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it closes."""
        due = self._faults.due(STREAM, self._venue)
        is_silent = due.ends is not None and due.ends.fault == "silence"
        if is_silent:
            due = replace(due, ends=None)
        return await befall(due, request, self._venue, lambda: self._serve(request, is_silent=is_silent))

    async def close(self) -> None:
        """Say goodbye to all, so that a stop does not wait for anybody."""
        for socket in tuple(self._sockets):
            with suppress(ConnectionError):
                await socket.close(code=WSCloseCode.GOING_AWAY, message=b"going away")

    async def _serve(self, request: web.Request, *, is_silent: bool) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        self._sockets[socket] = request.transport
        streams: set[str] = set()
        try:
            await asyncio.gather(
                self._read(socket, streams), self._tell(socket, streams, is_silent=is_silent)
            )
        except (ConnectionError, RuntimeError):
            # The other side went away between two messages.
            pass
        finally:
            self._sockets.pop(socket, None)
        return socket

    async def _say(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        """Tell one message of the market, unless something befalls it."""
        due = self._faults.due(MESSAGE, self._venue)
        kind = due.ends.fault if due.ends else ""
        if kind == "gap":
            return
        if kind == "never_arrived":
            transport = self._sockets.get(socket)
            if transport is not None:
                transport.abort()
            raise ConnectionError("cut")
        if due.ends is not None:
            await asyncio.sleep(due.ends.delay_ms / 1000)
        for _ in range(2 if due.is_doubled else 1):
            await socket.send_json(message)

    @abstractmethod
    async def _read(self, socket: web.WebSocketResponse, streams: set[str]) -> None:
        """Take what is asked for into `streams`, until the socket closes."""

    @abstractmethod
    async def _tell(self, socket: web.WebSocketResponse, streams: set[str], *, is_silent: bool) -> None:
        """Tell what is in `streams`, until the socket closes."""


class LiveSteps(Live):
    """A stream on which every step of the price can be told."""

    @abstractmethod
    async def _hear(self, socket: web.WebSocketResponse, text: str, streams: set[str]) -> None:
        """What the other side says: subscriptions are kept in `streams`, and answered."""

    @abstractmethod
    def _message(self, stream: str, step: int, *, is_last: bool) -> dict[str, Any] | None:
        """What a stream tells at a step; nothing when it has nothing to say."""

    async def _read(self, socket: web.WebSocketResponse, streams: set[str]) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._hear(socket, message.data, streams)

    async def _tell(self, socket: web.WebSocketResponse, streams: set[str], *, is_silent: bool) -> None:
        told = self._market.step(self._market.now_ms())
        while not socket.closed:
            now = self._market.now_ms()
            for step in range(told + 1, self._market.step(now) + 1):
                told = step
                # A client that reads too slowly gets the newest prices only, but every step of the book.
                is_last = step == self._market.step(now)
                for stream in () if is_silent else tuple(streams):
                    message = self._message(stream, step, is_last=is_last)
                    if message is not None:
                        await self._say(socket, message)
            await asyncio.sleep((QUOTED_MS - self._market.now_ms() % QUOTED_MS) / 1000)
