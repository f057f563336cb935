"""Facts as other services tell them: by their own outbox and relay, the stream, and the hearer's feeds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from nats.aio.msg import Msg
from sqlalchemy import text

from capitalino.kit.bus import Bus
from capitalino.kit.consumer import Consumer
from capitalino.kit.db import Database, Schema
from capitalino.kit.inbox import Feed
from capitalino.kit.loops import Loop, supervise
from capitalino.kit.message import Event
from capitalino.kit.outbox import Relay
from tests.support.database import FreshDatabase

WITHIN_S = 30.0  # the machine may be busy


class Sources:
    """Tells facts on behalf of the services that own them."""

    def __init__(self, fresh_database: FreshDatabase, nats_url: str) -> None:
        self._fresh, self._nats_url = fresh_database, nats_url
        self._open: dict[str, tuple[Database, Bus, Relay]] = {}

    async def tell(self, *events: Event) -> None:
        """Commit them, one transaction for all, and publish."""
        source = events[0].subject.split(".", 1)[0]
        db, relay = await self.of(source)
        async with db.begin() as tx:
            await tx.emit(*events)
        async with asyncio.timeout(WITHIN_S):
            while await self._left(db):
                await relay.publish_batch()

    async def of(self, source: str) -> tuple[Database, Relay]:
        """The outbox of a service, and its relay, which answers those who ask for a replay."""
        if source not in self._open:
            db, bus = Database(self._fresh.url(), Schema(source), pool_size=2), Bus(self._nats_url, source)
            await bus.open()
            relay = Relay(db, bus)

            async def asked(message: Msg) -> None:
                await relay.replay(int(message.data))

            await bus.nc.subscribe(f"replay.{source}", cb=asked)
            self._open[source] = db, bus, relay
        db, _, relay = self._open[source]
        return db, relay

    async def close(self) -> None:
        """Close what was opened."""
        for db, bus, _ in self._open.values():
            await bus.close()
            await db.close()

    async def _left(self, db: Database) -> bool:
        schema = db.schema.name
        query = f"select count(*) > (select position from {schema}.relay) from {schema}.outbox"
        async with db.read() as tx:
            return bool((await tx.conn.execute(text(query))).scalar_one())


@pytest.fixture
async def sources(fresh_database: FreshDatabase, nats_url: str) -> AsyncIterator[Sources]:
    """Every service's outbox, empty."""
    made = Sources(fresh_database, nats_url)
    yield made
    await made.close()


@asynccontextmanager
async def hearing(db: Database, bus: Bus, consumers: Sequence[Consumer[Any]]) -> AsyncIterator[None]:
    """The feeds of one service at work."""
    by_source: dict[str, list[Consumer[Any]]] = {}
    for consumer in consumers:
        by_source.setdefault(consumer.source, []).append(consumer)
    async with AsyncExitStack() as running:
        for source, theirs in by_source.items():
            loop = Loop(f"hears-{source}", 0, Feed(db, bus, source, theirs).round)
            task = asyncio.create_task(supervise(loop, db))
            running.push_async_callback(stop, task)
        yield


async def stop(task: asyncio.Task[Any]) -> None:
    """Cancel and wait."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(met: Callable[[], Awaitable[object]]) -> None:
    """Wait, with a limit, until it is so."""
    async with asyncio.timeout(WITHIN_S):
        while not await met():  # what is waited for lies in a database
            await asyncio.sleep(0.02)
