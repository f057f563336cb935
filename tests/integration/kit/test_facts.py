"""Facts from outbox to hearer: all of them, in order, once in effect, whatever breaks on the way."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
import structlog
from nats.aio.client import Client
from sqlalchemy import BigInteger, Column, Table, insert, select, text

from capitalino.kit.bus import STREAM, Bus
from capitalino.kit.db import Database, Schema, Tx
from capitalino.kit.inbox import Consumer, Feed
from capitalino.kit.message import Event
from capitalino.kit.outbox import IDLE_S, PACE_S, Relay
from capitalino.kit.parked import list_parked, retry_parked
from tests.support.database import Opener

source = Schema("source")
hearer = Schema("hearer")
heard = Table("heard", hearer.metadata, Column("at", BigInteger, primary_key=True), Column("n", BigInteger))
WITHIN_S = 60.0  # the machine may be busy; it takes a second or two


class Counted(Event):
    """Says a number."""

    subject: ClassVar[str] = "source.counted.v1"
    n: int


@dataclass
class Ear:
    """Writes down what it hears, in the order in which it hears it."""

    poison: set[int] = field(default_factory=set)
    tried: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def handle(self, tx: Tx, event: Counted) -> None:
        """Fails for poison; waits when it is held."""
        self.tried.append(event.n)
        if event.n in self.poison:
            raise ValueError("poison")
        at = len(self.tried) + 1_000_000 * event.n
        await tx.conn.execute(insert(heard).values(at=at, n=event.n))
        if self.hold is not None:
            await self.hold.wait()

    async def tell(self, event: Counted) -> None:
        """What it does once it is committed."""
        self.after.append(event.n)

    @property
    def consumer(self) -> Consumer[Counted]:
        """As a service declares it."""
        return Consumer(Counted, self.handle, self.tell)


@dataclass
class World:
    """A source, its relay, and a hearer, on real servers."""

    told: Database
    hears: Database
    url: str
    source_bus: Bus
    hearer_bus: Bus

    @property
    def relay(self) -> Relay:
        """A relay, as every replica has one."""
        return Relay(self.told, self.source_bus)

    async def tell(self, *numbers: int) -> None:
        """Commit one event for each, in one transaction each."""
        for n in numbers:
            async with self.told.begin() as tx:
                await tx.emit(Counted(n=n))

    async def publish(self) -> int:
        """Publish all that is told; the rest of the cluster may hold it up for a moment."""
        relay, count = self.relay, 0
        async with self.told.read() as tx:
            all_of_it = (await tx.conn.execute(text("select count(*) from source.outbox"))).scalar_one()
            done = (await tx.conn.execute(text("select position from source.relay"))).scalar_one()
        while done + count < all_of_it:
            count += await relay.publish_batch()
        return count

    async def heard(self) -> list[int]:
        """What is in effect."""
        async with self.hears.read() as tx:
            return list((await tx.conn.execute(select(heard.c.n).order_by(heard.c.n))).scalars())

    @asynccontextmanager
    async def feeding(self, *ears: Ear) -> AsyncIterator[list[asyncio.Task[None]]]:
        """Hearers at work, each restarted when it breaks, as the supervisor does."""

        async def run(ear: Ear) -> None:
            feed = Feed(self.hears, self.hearer_bus, "source", [ear.consumer])
            while True:
                try:
                    await feed.round()
                except Exception:  # noqa: BLE001  # as `supervise` does
                    await asyncio.sleep(0.05)

        tasks = [asyncio.create_task(run(ear)) for ear in ears]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def relaying(self, count: int = 1, *, answering: str = "replay.source") -> AsyncIterator[None]:
        """Relays at work, with answers to those who ask for a replay."""
        relays = [Relay(self.told, self.source_bus) for _ in range(count)]

        async def run(relay: Relay) -> None:
            while True:
                try:
                    await relay.round()
                except Exception:  # noqa: BLE001  # as `supervise` does
                    await asyncio.sleep(0.05)

        async def asked(message: object) -> None:
            await relays[0].replay(int(message.data))  # type: ignore[attr-defined]

        asks = await self.source_bus.nc.subscribe(answering, queue="source", cb=asked)
        await self.source_bus.nc.flush()
        tasks = [asyncio.create_task(run(relay)) for relay in relays]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asks.unsubscribe()

    async def until(self, met: Callable[[], Awaitable[bool]]) -> None:
        """Wait, with a limit, until it is so."""
        async with asyncio.timeout(WITHIN_S):
            while not await met():
                await asyncio.sleep(0.02)

    async def until_heard(self, *numbers: int) -> None:
        """Wait until exactly these are in effect."""

        async def met() -> bool:
            return await self.heard() == list(numbers)

        try:
            await self.until(met)
        except TimeoutError:
            assert await self.heard() == list(numbers)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Faults are meant here; drawing their stacks takes longer than everything else."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
async def world(database: Opener, nats_url: str) -> AsyncIterator[World]:
    """Nothing told yet."""
    buses = [Bus(nats_url, "source"), Bus(nats_url, "hearer")]
    for bus in buses:
        await bus.open()
    yield World(await database(source), await database(hearer), nats_url, *buses)
    for bus in buses:
        await bus.close()


async def test_what_is_committed_is_heard_once_in_order_and_then_told_on(world: World) -> None:
    ear = Ear()
    async with world.relaying(), world.feeding(ear):
        await world.tell(*range(50))
        await world.until_heard(*range(50))
    assert ear.tried == ear.after == list(range(50))


async def test_what_fails_afterwards_changes_nothing_of_what_was_heard(world: World) -> None:
    class Clumsy(Ear):
        async def tell(self, event: Counted) -> None:
            raise ValueError

    async with world.relaying(), world.feeding(Clumsy()):
        await world.tell(1, 2)
        await world.until_heard(1, 2)


async def test_what_is_rolled_back_is_never_told(world: World) -> None:
    with suppress(ValueError):
        async with world.told.begin() as tx:
            await tx.emit(Counted(n=1))
            raise ValueError
    await world.tell(2)
    async with world.relaying(), world.feeding(Ear()):
        await world.until_heard(2)


async def test_it_is_heard_within_moments(world: World) -> None:
    loop, took = asyncio.get_running_loop(), []
    ear = Ear()
    async with world.relaying(), world.feeding(ear):
        await world.tell(0)
        await world.until_heard(0)
        for n in range(1, 11):
            begun = loop.time()
            await world.tell(n)
            while len(ear.after) <= n:
                await asyncio.sleep(0.001)
            took.append(loop.time() - begun)
    assert sorted(took)[5] < 0.2


async def test_duplicates_on_the_wire_change_nothing(world: World) -> None:
    await world.tell(*range(5))
    await world.publish()
    await world.relay.replay(1)
    ear = Ear()
    async with world.feeding(ear):
        await world.until_heard(*range(5))
        await asyncio.sleep(0.2)
    assert await world.heard() == list(range(5))
    assert ear.tried == list(range(5))


async def test_disorder_on_the_wire_is_put_in_order(world: World, nats_client: Client) -> None:
    await world.tell(*range(6))
    await world.publish()
    stream = nats_client.jetstream()
    sent = [await stream.get_msg(STREAM, seq) for seq in range(1, 7)]
    await stream.purge_stream(STREAM)
    for i in (3, 1, 5, 0, 4, 2):
        await stream.publish(sent[i].subject or "", sent[i].data or b"", headers=sent[i].headers)
    ear = Ear()
    async with world.feeding(ear):
        await world.until_heard(*range(6))
    assert ear.tried == list(range(6))


async def test_a_hearer_killed_in_a_batch_leaves_nothing_undone_or_done_twice(world: World) -> None:
    await world.tell(*range(20))
    await world.publish()
    held = Ear(hold=asyncio.Event())
    async with world.feeding(held) as (task,):
        async with asyncio.timeout(WITHIN_S):
            while not held.tried:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await world.heard() == []
    async with world.feeding(Ear()):
        await world.until_heard(*range(20))


async def test_two_hearers_at_once_hear_each_event_once(world: World) -> None:
    one, other = Ear(), Ear()
    async with world.relaying(), world.feeding(one, other):
        await world.tell(*range(60))
        await world.until_heard(*range(60))
    assert sorted(one.after + other.after) == list(range(60))


async def test_a_stream_wiped_while_they_work_is_made_anew(world: World, nats_client: Client) -> None:
    async with world.relaying(), world.feeding(Ear()):
        await world.tell(*range(5))
        await world.until_heard(*range(5))
        await nats_client.jetstream().delete_stream(STREAM)
        await world.tell(*range(5, 10))
        await world.until_heard(*range(10))


async def test_a_wiped_stream_is_refilled_at_the_next_start(world: World, nats_client: Client) -> None:
    await world.tell(*range(5))
    await world.publish()
    await nats_client.jetstream().purge_stream(STREAM)
    assert await world.relay.catch_up() == 5
    assert await world.relay.catch_up() == 0
    async with world.feeding(Ear()):
        await world.until_heard(*range(5))


async def test_the_lost_end_of_a_stream_is_refilled_at_the_next_start(
    world: World, nats_client: Client
) -> None:
    await world.tell(*range(5))
    await world.publish()
    for seq in (4, 5):
        await nats_client.jetstream().delete_msg(STREAM, seq)
    assert await world.relay.catch_up() == 2
    async with world.feeding(Ear()):
        await world.until_heard(*range(5))


async def test_a_hearer_that_misses_something_asks_for_it(world: World, nats_client: Client) -> None:
    await world.tell(*range(10))
    await world.publish()
    for seq in (1, 2, 3, 7):
        await nats_client.jetstream().delete_msg(STREAM, seq)
    async with world.relaying(), world.feeding(Ear()):
        await world.until_heard(*range(10))


async def test_a_hearer_of_a_silent_source_gets_what_the_stream_no_longer_has(
    world: World, nats_client: Client
) -> None:
    await world.tell(*range(5))
    await world.publish()
    await nats_client.jetstream().purge_stream(STREAM)
    async with world.relaying(), world.feeding(Ear()):
        await world.until_heard(*range(5))


async def test_a_read_model_is_rebuilt_by_going_back_to_the_beginning(world: World) -> None:
    async with world.relaying(), world.feeding(Ear()):
        await world.tell(*range(30))
        await world.until_heard(*range(30))
        async with world.hears.begin() as tx:
            await tx.conn.execute(text("update hearer.inbox set position = 0"))
            await tx.conn.execute(text("delete from hearer.heard"))
        await world.until_heard(*range(30))


async def test_more_missing_than_may_be_pending_is_still_filled(world: World, nats_client: Client) -> None:
    async with world.told.begin() as tx:
        await tx.emit(*(Counted(n=n) for n in range(1300)))
    await world.publish()
    await nats_client.jetstream().delete_msg(STREAM, 1)
    async with world.relaying(), world.feeding(Ear()):
        await world.until_heard(*range(1300))


async def test_poison_is_parked_after_five_tries_and_the_others_go_on(world: World) -> None:
    ear = Ear(poison={3})
    async with world.relaying(), world.feeding(ear):
        await world.tell(*range(8))
        await world.until_heard(0, 1, 2, 4, 5, 6, 7)
    (parked,) = await list_parked(world.hears)
    assert (parked.source, parked.position, parked.error) == ("source", 4, "ValueError: poison")
    ear.poison.clear()
    assert await retry_parked(world.hears, [ear.consumer]) == (1, 0)
    await world.until_heard(*range(8))
    assert await list_parked(world.hears) == []


async def test_a_database_that_is_away_parks_nothing(world: World, database: Opener) -> None:
    await world.tell(1)
    await world.publish()
    away = Database("postgresql://127.0.0.1:1/nowhere", hearer)
    feed = Feed(away, world.hearer_bus, "source", [Ear().consumer])
    for _ in range(7):
        with suppress(Exception):
            await asyncio.wait_for(feed.round(), 2)
    await away.close()
    async with world.feeding(Ear()):
        await world.until_heard(1)
    assert await list_parked(world.hears) == []


async def test_two_relays_at_once_publish_each_event_once(world: World, nats_client: Client) -> None:
    async with world.relaying(count=3, answering="nobody"), world.feeding(Ear()):
        for start in range(0, 100, 10):
            await asyncio.gather(*(world.tell(n) for n in range(start, start + 10)))
        await world.until_heard(*range(100))
    assert (await nats_client.jetstream().stream_info(STREAM)).state.messages == 100


async def test_what_keeps_coming_is_told_in_few_rounds(world: World) -> None:
    relay, rounds = world.relay, 0

    async def run() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await relay.round()

    running, begun = asyncio.create_task(run()), time.monotonic()
    async with world.feeding(Ear()):
        await world.tell(*range(200))
        assert rounds <= (time.monotonic() - begun) / PACE_S + 5, "what a slow machine adds is in the time"
        await world.until_heard(*range(200))
    running.cancel()


async def test_an_older_transaction_that_commits_later_is_neither_lost_nor_overtaken(world: World) -> None:
    ear = Ear()
    async with world.relaying(), world.feeding(ear):
        async with world.told.engine.connect() as slow:
            await Tx(slow, source).emit(Counted(n=1))
            await world.tell(2)
            await asyncio.sleep(0.2)
            assert await world.heard() == []
            await slow.commit()
        await world.until_heard(1, 2)
    assert ear.tried == [1, 2]


async def test_what_another_services_transaction_holds_up_is_looked_for_again_soon(world: World) -> None:
    relay = world.relay
    async with world.hears.engine.connect() as other:
        await other.execute(text("select pg_current_xact_id()"))
        await world.tell(1)
        assert await relay.publish_batch() == 0
        assert [await relay._rest_s() < IDLE_S for _ in range(20)] == [True] * 20
        await other.rollback()
    await world.publish()
    assert await relay._rest_s() == IDLE_S


async def test_a_replay_while_more_is_published_gives_every_event_its_own_position(world: World) -> None:
    await world.tell(*range(5))
    await world.publish()
    relay = world.relay

    async def go_on() -> None:
        await world.tell(*range(5, 40))
        await world.publish()

    await asyncio.gather(go_on(), *(relay.replay(n) for n in (2, 3, 4)))
    ear = Ear()
    async with world.feeding(ear):
        await world.until_heard(*range(40))
    assert ear.tried == list(range(40))


async def test_nats_away_loses_nothing(world: World) -> None:
    await world.source_bus.close()
    await world.tell(1)
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever the client says of a closed connection
        await world.publish()
    await world.source_bus.open()
    async with world.relaying(), world.feeding(Ear()):
        await world.until_heard(1)
