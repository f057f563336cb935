"""Facts where things go as they rarely go: strangers, full batches, traces, parked events that stay."""

import asyncio
from typing import Any, ClassVar, cast
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from opentelemetry import context as trace_context
from opentelemetry import propagate
from sqlalchemy import delete, text

from capitalino.kit import outbox
from capitalino.kit.bus import STREAM
from capitalino.kit.db import Database, StorageUnavailable, caused_by
from capitalino.kit.inbox import Feed
from capitalino.kit.message import Event
from capitalino.kit.parked import list_parked, retry_parked
from capitalino.kit.pull import Pull
from tests.integration.kit.test_facts import Counted, Ear, World, hearer, world

__all__ = ["world"]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Unheeded(Event):
    """What this hearer has no ear for."""

    subject: ClassVar[str] = "source.unheeded.v1"


async def published(client: Client, position: int) -> Msg:
    """A fact as it lies in the stream."""
    return cast("Msg", await client.jetstream().get_msg(STREAM, position))


async def parked_at(world: World, ear: Ear, *numbers: int) -> None:
    """Poison that has been parked."""
    ear.poison = set(numbers)
    async with world.relaying(), world.feeding(ear):
        await world.tell(*numbers, 99)
        await world.until_heard(99)


async def test_what_nobody_heeds_is_passed_over(world: World) -> None:
    async with world.relaying(), world.feeding(Ear()):
        await world.tell(1)
        async with world.told.begin() as tx:
            await tx.emit(Unheeded())
        await world.tell(2)
        await world.until_heard(1, 2)


async def test_a_consumer_that_does_nothing_afterwards(world: World) -> None:
    ear = Ear()
    consumer = type(ear.consumer)(Counted, ear.handle)
    assert consumer.source == "source"
    await world.tell(1)
    await world.publish()
    feed = Feed(world.hears, world.hearer_bus, "source", [consumer])
    task = asyncio.create_task(feed.round())
    await world.until_heard(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ear.after == []


async def test_full_batches_follow_each_other_at_once(world: World) -> None:
    async with world.told.begin() as tx:
        await tx.emit(*(Counted(n=n) for n in range(outbox.BATCH_MAX + 1)))
    async with world.relaying():

        async def all_told() -> bool:
            async with world.told.read() as tx:
                at = (await tx.conn.execute(text("select position from source.relay"))).scalar_one()
                return bool(at == outbox.BATCH_MAX + 1)

        await world.until(all_told)


async def test_a_fact_carries_its_trace_and_its_cause(world: World, nats_client: Client) -> None:
    cause = str(uuid4())
    token = trace_context.attach(propagate.extract({"traceparent": TRACE}))
    async with caused_by(cause):
        await world.tell(1)
    trace_context.detach(token)
    await world.tell(2)
    await world.publish()
    first, second = [(await published(nats_client, n)).headers or {} for n in (1, 2)]
    assert first["traceparent"].split("-")[1] == TRACE.split("-")[1]
    assert first["causation"] == cause
    assert not {"traceparent", "causation"} & second.keys()


async def test_there_is_nothing_to_tell_again_of_what_was_never_told(world: World) -> None:
    assert await world.relay.catch_up() == 0
    assert await world.relay.replay(1) == 0
    await world.tell(1)
    await world.publish()
    assert await world.relay.replay(2) == 0
    assert await world.relay.replay(-5) == 1
    assert await world.relay.catch_up() == 0


async def test_what_still_fails_stays_parked(world: World) -> None:
    ear = Ear()
    await parked_at(world, ear, 1)
    assert await retry_parked(world.hears, [ear.consumer]) == (0, 1)
    assert await retry_parked(world.hears, [ear.consumer], str(uuid4())) == (0, 0), "another one's id"
    (one,) = await list_parked(world.hears)
    ear.poison.clear()
    assert await retry_parked(world.hears, [ear.consumer], str(one.event_id)) == (1, 0)


async def test_what_somebody_else_retries_meanwhile_is_not_done_twice(world: World) -> None:
    ear = Ear()
    await parked_at(world, ear, 1, 2)
    ear.poison.clear()
    parked = hearer.kit.parked

    class Quick(Ear):
        """While it handles the first, somebody else is done with the second."""

        async def handle(self, tx: Any, event: Counted) -> None:
            """And then it does what it has to."""
            async with other.engine.begin() as conn:
                await conn.execute(delete(parked).where(parked.c.position == 2))
            await super().handle(tx, event)

    other = Database(world.hears.url, hearer)
    quick = Quick()
    await retry_parked(world.hears, [quick.consumer])
    await other.close()
    assert quick.tried == [1]
    assert await list_parked(world.hears) == []


async def test_an_event_that_another_replica_has_parked_is_not_parked_again(world: World) -> None:
    ear = Ear(poison={1})
    await world.tell(1)
    await world.publish()
    message = await _one_of_the_stream(world)
    feed = Feed(world.hears, world.hearer_bus, "source", [ear.consumer])
    for _ in range(2):
        message._ackd = False
        await feed._park(message, 1, ValueError("poison"), 5)
    assert len(await list_parked(world.hears)) == 1


async def test_one_by_one_a_gap_waits_and_a_database_that_goes_away_is_not_the_events_fault(
    world: World,
) -> None:
    class Cut(Ear):
        async def handle(self, tx: Any, event: Counted) -> None:
            raise StorageUnavailable("The database is not available.")

    await world.tell(1, 2)
    await world.publish()
    async with Pull(world.hearer_bus, "source") as pull:
        messages: list[Msg] = []
        while len(messages) < 2:
            messages += await pull.batch()
    feed = Feed(world.hears, world.hearer_bus, "source", [Cut().consumer])
    assert await feed._one_by_one(messages[1:]) == (0, False)
    assert await feed._one_by_one(messages) == (0, True)
    assert feed._tries == {}


async def test_a_sign_of_life_of_the_server_is_no_end(world: World) -> None:
    pull = Pull(world.hearer_bus, "source")
    await pull._take(Msg(_client=world.hearer_bus.nc, headers={"Status": "100"}))
    assert (pull._lost, await pull.batch()) == (None, [])


async def _one_of_the_stream(world: World) -> Msg:
    async with Pull(world.hearer_bus, "source") as pull:
        while not (found := await pull.batch()):
            pass
    return found[0]


async def test_a_server_that_goes_silent_is_asked_again(world: World) -> None:
    async with Pull(world.hearer_bus, "source") as pull:
        assert pull._subscription is not None
        await pull._subscription.unsubscribe()  # so that not even the end of the time is heard
        assert await pull.batch() == []
        assert pull._wanted == 0
        pull._subscription = None


async def test_leaving_a_bus_that_is_closed_is_nothing_to_worry_about(world: World) -> None:
    async with Pull(world.hearer_bus, "source"):
        await world.hearer_bus.close()


async def test_a_mark_that_a_crash_has_taken_back_tells_again_under_the_same_positions(
    world: World, nats_client: Client
) -> None:
    ear = Ear()
    async with world.feeding(ear):
        await world.tell(*range(2))
        await world.publish()
        async with world.told.begin() as tx:
            before = (
                await tx.conn.execute(text("select xid, seq, written_at, position from source.relay"))
            ).one()
        await world.tell(*range(2, 5))
        await world.publish()
        async with world.told.begin() as tx:
            await tx.conn.execute(
                text(
                    "update source.relay set xid = :xid, seq = :seq, written_at = :written_at,"
                    " position = :position"
                ),
                before._asdict(),
            )
        assert await world.publish() == 3
        await world.tell(5)
        await world.publish()
        await world.until_heard(*range(6))
    assert ear.tried == list(range(6))
    positions = [int(((await published(nats_client, n)).headers or {})["position"]) for n in range(1, 10)]
    assert positions == [1, 2, 3, 4, 5, 3, 4, 5, 6]


async def test_only_the_marks_own_transaction_does_not_wait_for_the_disk(world: World) -> None:
    await world.tell(1)
    move = outbox.MOVE.format(schema="source")
    async with world.told.driver() as connection:
        usual = await connection.fetchval("show synchronous_commit")
        await connection.execute("set local synchronous_commit = on")
        row = await connection.fetchrow("select xid::text, seq, written_at, position from source.relay")
        assert await connection.execute(move, *row) == "UPDATE 1"
        assert await connection.fetchval("show synchronous_commit") == "off"
    async with world.told.driver() as connection:
        assert await connection.fetchval("show synchronous_commit") == usual
