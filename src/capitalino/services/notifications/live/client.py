"""One open socket: of prices only the latest of each waits; what is personal waits in PostgreSQL, not here.

A signal only says that there is something new; what it is, is read from the database behind the number that
was sent last. So nothing is lost or doubled, whatever signals are.
"""

import asyncio
import json
from typing import Any

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from capitalino.kit.clock import Clock
from capitalino.kit.db import StorageUnavailable
from capitalino.services.notifications.domain import Message
from capitalino.services.notifications.service import PAGE, Caller, Notifications

log = structlog.get_logger()
SESSION_OVER = 4401
"""Close code: the session has ended, sign in again."""
AGAIN_AFTER_S = 1.0
CLOSE_WITHIN_S = 2.0


class Socket(ServerConnection):
    """A connection that the door has let in."""

    caller: Caller
    after: int | None = None


class Client:
    """Writes to one socket, and drains what comes from it."""

    def __init__(
        self, socket: Socket, notifications: Notifications, clock: Clock, reads: asyncio.Semaphore
    ) -> None:
        self.caller = socket.caller
        self._socket, self._notifications, self._clock = socket, notifications, clock
        self._reads = reads
        self._sent = socket.after
        self._is_greeted = False
        self._prices: dict[str, bytes] = {}
        self._has_news = True
        self._wake = asyncio.Event()
        self._send_timeout_s = 10.0

    def see(self, prices: dict[str, bytes]) -> None:
        """Newer prices; older ones that still wait are forgotten."""
        self._prices.update(prices)
        self._wake.set()

    def wake(self, last: int | None = None) -> None:
        """There may be something personal behind what was sent; surely not when `last` is sent already."""
        if last is None or not self._is_greeted or last > (self._sent or 0):
            self._has_news = True
            self._wake.set()

    async def cut(self, code: int, reason: str) -> None:
        """Close it; by force when it takes not even that: `close` itself waits for room in the buffer."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._socket.close(code, reason)
        except TimeoutError:
            self._socket.transport.abort()

    async def run(self, *, send_timeout_s: float) -> None:
        """Until either side ends it. Without reading, it would never be learned that the client has left."""
        self._send_timeout_s = send_timeout_s
        writing = asyncio.create_task(self._write())
        try:
            async for _ in self._socket:
                pass
        except ConnectionClosed:
            pass
        finally:
            writing.cancel()
            (end,) = await asyncio.gather(writing, return_exceptions=True)
            if isinstance(end, Exception):
                log.error("socket.broken", exc_info=end)

    async def _write(self) -> None:
        try:
            while True:
                await self._wake_up()
        except ConnectionClosed:
            return
        except TimeoutError:
            log.info("socket.too_slow", investor=str(self.caller.investor_id))
            await self.cut(CloseCode.TRY_AGAIN_LATER, "too slow")
        finally:  # whatever else has happened: a socket that nobody writes to must not stay
            await self.cut(CloseCode.INTERNAL_ERROR, "")

    async def _wake_up(self) -> None:
        if self._has_news:
            self._has_news = False
            await self._send_news()
        prices, self._prices = self._prices, {}
        for text in prices.values():
            await self._send(text)
        if not self._has_news and not self._prices:
            self._wake.clear()
            await self._wake.wait()

    async def _send_news(self) -> None:
        try:
            async with self._reads:
                found, last = await self._notifications.read_after(self.caller.investor_id, self._sent)
        except StorageUnavailable:
            self._has_news = True
            await asyncio.sleep(AGAIN_AFTER_S)
            return
        if not self._is_greeted:
            self._is_greeted = True
            await self._send(encode("hello", None, self._clock.now().isoformat(), {"last_id": str(last)}))
        for message in found:
            await self._send(encode_message(message))
            self._sent = message.number
        self._sent = last
        self._has_news |= len(found) == PAGE

    async def _send(self, text: bytes) -> None:
        async with asyncio.timeout(self._send_timeout_s):
            await self._socket.send(text, text=True)


def encode(kind: str, number: int | None, at: str, data: dict[str, Any]) -> bytes:
    """As it goes over the socket."""
    told = {"type": kind, "id": None if number is None else str(number), "at": at, "data": data}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def encode_message(message: Message) -> bytes:
    """A message that can be resumed from."""
    return encode(message.type, message.number, message.at.isoformat(), message.data)
