"""The notifications service on real servers: hearing, with its hub open."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from sqlalchemy import text
from valkey.asyncio import Valkey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from capitalino.contracts.ledger.events import EntryPosted, Line
from capitalino.contracts.notifications.live import LiveMessage
from capitalino.contracts.payments.events import ConversionSettled
from capitalino.kit.auth import Principal
from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.kit.settings import Shared
from capitalino.services.notifications.consumers import consumers
from capitalino.services.notifications.live.hub import Hub
from capitalino.services.notifications.service import Notifications
from capitalino.services.notifications.settings import NotificationsSettings
from capitalino.services.notifications.tables import schema
from tests.support.clock import NOON
from tests.support.database import Opener
from tests.support.facts import WITHIN_S, Sources, hearing, stop, until
from tests.support.keeper import free_port

ORIGIN = "http://localhost:8000"
LIVE_MESSAGE: TypeAdapter[LiveMessage] = TypeAdapter(LiveMessage)


def entry(investor_id: UUID, posted: int, version: int, *, asset: str = "EUR", held: int = 0) -> EntryPosted:
    """An entry after which the investor has so much."""
    line = Line(
        address=f"investor:{investor_id}:cash",
        asset=asset,
        units=1,
        posted=posted,
        held_out=held,
        held_in=0,
        version=version,
    )
    other = line.model_copy(update={"address": "world:bank", "units": -1})
    return EntryPosted(
        entry_id=new_id(),
        kind="post",
        code="deposit",
        recorded_at=NOON,
        effective_at=NOON,
        metadata={},
        lines=(line, other),
    )


def conversion(investor_id: UUID, effective_at: datetime | None = None) -> ConversionSettled:
    """Some BTC for some EUR."""
    return ConversionSettled(
        conversion_id=new_id(),
        investor_id=investor_id,
        from_asset="BTC",
        from_units=1_000_000,
        to_asset="EUR",
        to_units=50_000,
        fee_units=100,
        rate=Decimal(50100),
        effective_at=effective_at,
    )


@dataclass
class World:
    """What a test needs at hand."""

    db: Database
    bus: Bus
    cache: Valkey
    notifications: Notifications
    settings: NotificationsSettings
    sources: Sources
    hub: Hub
    port: int = 0

    def principal(self, investor_id: UUID) -> Principal:
        """Somebody who acts for the investor."""
        return Principal(user_id=new_id(), session_id=new_id(), investor_id=investor_id)

    async def ticket(self, who: Principal) -> str:
        """A fresh one."""
        return (await self.notifications.issue_ticket(who))[0]

    def address(self, ticket: str, last_id: object = None) -> str:
        """Where the socket is."""
        resume = "" if last_id is None else f"&last_id={last_id}"
        return f"ws://127.0.0.1:{self.port}/api/v1/ws?ticket={ticket}{resume}"

    @asynccontextmanager
    async def socket(
        self, who: UUID | Principal, last_id: object = None, **more: Any
    ) -> AsyncIterator["Told"]:
        """A socket that has said hello."""
        principal = who if isinstance(who, Principal) else self.principal(who)
        address = self.address(await self.ticket(principal), last_id)
        async with connect(address, origin=ORIGIN, proxy=None, **more) as socket:  # type: ignore[arg-type]
            told = Told(socket)
            told.hello = await told.next()
            assert told.hello["type"] == "hello"
            yield told

    async def is_at(self, investor_id: UUID, number: int) -> None:
        """Wait until so much was told to the investor."""

        async def met() -> bool:
            return (await self.notifications.last_numbers([investor_id])).get(investor_id, 0) >= number

        await until(met)

    async def execute(self, statement: str) -> None:
        """Change something behind the service's back."""
        async with self.db.begin() as tx:
            await tx.conn.execute(text(statement))


@dataclass
class Told:
    """Reads what a socket says."""

    socket: ClientConnection
    hello: dict[str, Any] | None = None

    async def next(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(WITHIN_S):
            text = await self.socket.recv()
            LIVE_MESSAGE.validate_json(text)  # as the contract says, with no field more
            told: dict[str, Any] = json.loads(text)
        return told

    async def until_closed(self) -> int | None:
        """Read on until it is closed; the code."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(WITHIN_S):
                async for _ in self.socket:
                    pass
        return self.socket.close_code

    async def silent(self) -> bool:
        """Whether nothing more comes for a moment."""
        try:
            async with asyncio.timeout(0.3):
                await self.socket.recv()
        except TimeoutError:
            return True
        return False


Open = Callable[..., Awaitable[World]]


@pytest.fixture
async def open_world(database: Opener, nats_url: str, cache: Valkey, sources: Sources) -> AsyncIterator[Open]:
    """The service with settings of the test's choice."""
    db, bus = await database(schema), Bus(nats_url, "notifications")
    await bus.open()
    running: list[asyncio.Task[None]] = []

    async def make(**settings: Any) -> World:
        chosen = NotificationsSettings.model_validate(
            {"look_after_every_s": 60, "prices_every_ms": 20, **settings}
        )
        notifications = Notifications(db, cache, SYSTEM, chosen.ticket_ttl_s)
        hub = Hub(notifications, bus, SYSTEM, shared=Shared(mode="development"), settings=chosen)
        world = World(db, bus, cache, notifications, chosen, sources, hub, free_port())
        running.append(asyncio.create_task(hub.serve("127.0.0.1", world.port)))

        async def is_open() -> bool:
            assert not running[-1].done(), running[-1].exception()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", world.port)
            except OSError:
                return False
            writer.close()
            return True

        await until(is_open)
        return world

    yield make
    for task in running:
        await stop(task)
    await bus.close()


@pytest.fixture
async def world(open_world: Open) -> AsyncIterator[World]:
    """The service at work: hearing, with its hub open."""
    made = await open_world()
    async with hearing(made.db, made.bus, consumers(made.notifications, made.bus)):
        yield made
