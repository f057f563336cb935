"""All open sockets of this process: who is there, and what wakes them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from nats.aio.subscription import Subscription
from websockets.asyncio.server import ServerConnection, serve

from capitalino.kit.bus import Bus
from capitalino.kit.clock import Clock
from capitalino.kit.loops import Loop, supervise
from capitalino.kit.settings import Shared
from capitalino.services.notifications.consumers import INVESTOR, SESSION
from capitalino.services.notifications.live.client import CLOSE_WITHIN_S, SESSION_OVER, Client, Socket, encode
from capitalino.services.notifications.live.door import Door
from capitalino.services.notifications.service import Notifications
from capitalino.services.notifications.settings import NotificationsSettings

log = structlog.get_logger()
PRICES = "market.price.>"
PRICE_FIELDS = ("instrument", "bid", "ask", "mid", "change_24h", "at")
READS_AT_ONCE = 4  # so that a crowd that comes back leaves the database some room
FRAME_BYTES_MAX = 1024  # clients have nothing to say


@dataclass
class Seats:
    """The sockets of one investor."""

    clients: set[Client] = field(default_factory=set)
    ear: asyncio.Future[Subscription] | None = None


class Hub:
    """Keeps `kit.module.Sockets`."""

    def __init__(
        self,
        notifications: Notifications,
        bus: Bus,
        clock: Clock,
        *,
        shared: Shared,
        settings: NotificationsSettings,
    ) -> None:
        self._notifications, self._bus, self._clock, self._settings = notifications, bus, clock, settings
        self._door = Door(notifications, shared, self)
        self._reads = asyncio.Semaphore(READS_AT_ONCE)
        self._seats: dict[UUID, Seats] = {}
        self._taken = 0
        self._sessions: dict[UUID, set[Client]] = {}
        self._prices: dict[str, bytes] = {}
        self._moved: dict[str, bytes] = {}

    async def serve(self, host: str, port: int) -> None:
        """Serve until cancelled; then every socket is closed as going away."""
        loops = (
            Loop("live-prices", self._settings.prices_every_ms / 1000, self._show_prices),
            Loop("live-look-after", self._settings.look_after_every_s, self.look_after),
        )
        async with AsyncExitStack() as opened:
            for subject, heard in ((PRICES, self._hear_price), (f"{SESSION}.*", self._hear_end)):
                ear = await self._bus.listen(subject, heard)
                opened.push_async_callback(self._forget, ear)
            for loop in loops:
                opened.callback(asyncio.create_task(supervise(loop, None)).cancel)
            server = serve(
                self._welcome,
                host,
                port,
                create_connection=Socket,
                process_request=self._door,
                ping_interval=self._settings.ping_every_s,
                ping_timeout=self._settings.ping_every_s,
                close_timeout=CLOSE_WITHIN_S,
                max_size=FRAME_BYTES_MAX,
                server_header=None,
            )
            await (await opened.enter_async_context(server)).serve_forever()

    def has_room(self, investor_id: UUID) -> bool:
        """Whether this investor may open one more."""
        seats = self._seats.get(investor_id)
        if seats is not None and len(seats.clients) >= self._settings.sockets_per_investor:
            return False
        return self._taken < self._settings.sockets_max

    async def look_after(self) -> None:
        """Find what a lost signal has not told: news that were not sent, sessions that have ended."""
        if not self._seats:
            return
        lasts = await self._notifications.last_numbers(list(self._seats))
        for investor_id, last in lasts.items():
            if seats := self._seats.get(investor_id):
                for client in seats.clients:
                    client.wake(last)
        for session_id in await self._notifications.ended(list(self._sessions)):
            await self._end(session_id)

    async def _welcome(self, socket: ServerConnection) -> None:
        assert isinstance(socket, Socket)
        client = Client(socket, self._notifications, self._clock, self._reads)
        async with self._seated(client):
            # The signal may have passed between the ticket and the seat.
            if await self._notifications.ended([client.caller.session_id]):
                await client.cut(SESSION_OVER, "session over")
                return
            client.see(self._prices)
            await client.run(send_timeout_s=self._settings.send_timeout_s)

    @asynccontextmanager
    async def _seated(self, client: Client) -> AsyncIterator[None]:
        """Hear what is told to the investor; the first socket begins to listen, the last one ends it."""
        investor_id, session_id = client.caller.investor_id, client.caller.session_id
        seats = self._seats.setdefault(investor_id, Seats())
        seats.clients.add(client)
        self._taken += 1
        self._sessions.setdefault(session_id, set()).add(client)
        try:
            if seats.ear is None:
                seats.ear = asyncio.ensure_future(self._listen(investor_id))
            await asyncio.shield(seats.ear)
            yield
        finally:
            seats.clients.discard(client)
            self._taken -= 1
            if not seats.clients and self._seats.get(investor_id) is seats:
                del self._seats[investor_id]
                await self._unlisten(seats)
            self._sessions[session_id].discard(client)
            if not self._sessions[session_id]:
                del self._sessions[session_id]

    async def _listen(self, investor_id: UUID) -> Subscription:
        async def heard(subject: str, payload: dict[str, Any]) -> None:
            del subject, payload
            if seats := self._seats.get(investor_id):
                for client in seats.clients:
                    client.wake()

        ear = await self._bus.listen(f"{INVESTOR}.{investor_id}", heard)
        await self._bus.nc.flush()  # the server knows it now: what is told from here on is heard
        return ear

    async def _unlisten(self, seats: Seats) -> None:
        if seats.ear is None:
            return
        (ear,) = await asyncio.gather(seats.ear, return_exceptions=True)
        if isinstance(ear, Subscription):
            await self._forget(ear)

    async def _forget(self, ear: Subscription) -> None:
        if not self._bus.nc.is_closed:
            await ear.unsubscribe()

    async def _hear_price(self, subject: str, payload: dict[str, Any]) -> None:
        data = {name: payload[name] for name in PRICE_FIELDS}
        self._moved[subject] = encode("price", None, payload["at"], data)

    async def _show_prices(self) -> None:
        """Encoded once, shown to all."""
        moved, self._moved = self._moved, {}
        if not moved:
            return
        self._prices |= moved
        for seats in self._seats.values():
            for client in seats.clients:
                client.see(moved)

    async def _hear_end(self, subject: str, payload: dict[str, Any]) -> None:
        del payload
        await self._end(UUID(subject.rpartition(".")[2]))

    async def _end(self, session_id: UUID) -> None:
        clients = list(self._sessions.get(session_id, ()))
        await asyncio.gather(*(client.cut(SESSION_OVER, "session over") for client in clients))
