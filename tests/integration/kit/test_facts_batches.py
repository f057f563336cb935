"""Facts go to the stream in batches: as they were written, all or told again, whatever is refused or cut."""

import asyncio
import json
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import BadSubjectError, ConnectionReconnectingError, MaxPayloadError
from nats.js.errors import BadRequestError, NoStreamResponseError
from sqlalchemy import insert

from capitalino.kit.bus import FACTS, STREAM
from capitalino.kit.clock import SYSTEM
from capitalino.kit.message import Event
from capitalino.kit.publish import CHUNK, NotStored, Publisher
from tests.integration.kit.test_facts import Counted, Ear, World, source, world

__all__ = ["world"]


class Long(Counted):
    """A number with more around it than some streams take."""

    filling: str = "x" * 2000


class Keyed(Event):
    """About something with a strange name."""

    subject: ClassVar[str] = "source.keyed.v1"
    name: str

    @property
    def key(self) -> str:
        """That name."""
        return self.name


class Written(NamedTuple):
    """A row of an outbox, made by hand."""

    event_id: str
    subject: str = Counted.subject
    book: str = "main"
    key: str = ""
    trace: str | None = None
    causation: str | None = None
    written_at: datetime = SYSTEM.now()
    payload: str = "{}"


def written(count: int = 1, **values: Any) -> list[Written]:
    return [Written(str(uuid4()), **values) for _ in range(count)]


async def in_the_stream(client: Client) -> list[Msg]:
    stream = client.jetstream()
    state = (await stream.stream_info(STREAM)).state
    return [await stream.get_msg(STREAM, n) for n in range(state.first_seq, state.last_seq + 1)]  # type: ignore[misc]


async def tell_at_once(world: World, *events: Event) -> None:
    async with world.told.begin() as tx:
        await tx.emit(*events)


async def test_a_payload_arrives_letter_for_letter(world: World, nats_client: Client) -> None:
    text = '{"n" : 1.50,  "b":"é\\u0000", "a":1e400, "n":12345678901234567890}'
    row = {"subject": Counted.subject, "book": "main", "key": "", "version": 0, "event_id": uuid4()}
    async with world.told.begin() as tx:
        await tx.conn.execute(insert(source.kit.outbox).values({**row, "payload": text}))
    await world.publish()
    (message,) = await in_the_stream(nats_client)
    assert (message.data or b"").decode() == text


async def test_what_is_emitted_is_compact(world: World, nats_client: Client) -> None:
    event = Counted(n=7)
    await tell_at_once(world, event)
    await world.publish()
    (message,) = await in_the_stream(nats_client)
    data = (message.data or b"").decode()
    assert data == json.dumps(event.model_dump(mode="json"), separators=(",", ":"))


async def test_a_batch_that_is_refused_in_the_middle_is_told_again_and_nothing_is_lost(
    world: World, nats_client: Client
) -> None:
    await nats_client.jetstream().update_stream(FACTS, max_msg_size=1000)
    count, long = 3 * CHUNK, 2 * CHUNK + 1
    await tell_at_once(world, *(Long(n=n) if n == long else Counted(n=n) for n in range(count)))
    ear = Ear()
    async with world.feeding(ear):
        for _ in range(2):
            with pytest.raises(BadRequestError):
                await world.publish()
        await nats_client.jetstream().update_stream(FACTS, max_msg_size=-1)
        await world.publish()
        await world.until_heard(*range(count))
    assert ear.tried == list(range(count))
    positions = [int((one.headers or {})["position"]) for one in await in_the_stream(nats_client)]
    assert positions[-count:] == list(range(1, count + 1)), "whole, whatever came before"


async def test_a_connection_that_is_cut_again_and_again_loses_nothing(world: World) -> None:
    ear = Ear()
    async with world.relaying(), world.feeding(ear):
        for start in range(0, 2000, 500):
            await tell_at_once(world, *(Counted(n=n) for n in range(start, start + 500)))
            await asyncio.sleep(0.005 * (start / 500))  # before, while and after it is published
            with suppress(AttributeError):  # it is connecting just now
                world.source_bus.nc._transport._bare_io_writer.transport.abort()  # type: ignore[union-attr]
        await world.until_heard(*range(2000))
    assert ear.tried == list(range(2000))


async def test_while_there_is_no_connection_nothing_is_published(world: World) -> None:
    await world.tell(1)
    world.source_bus.nc._status = Client.RECONNECTING
    with pytest.raises(ConnectionReconnectingError):
        await world.publish()
    world.source_bus.nc._status = Client.CONNECTED
    assert await world.publish() == 1


async def test_a_stream_that_stops_taking_batches_is_set_right_and_told_again(
    world: World, nats_client: Client
) -> None:
    await world.tell(1, 2)
    await nats_client.jetstream().update_stream(FACTS, allow_batched=False)
    with pytest.raises(BadRequestError):
        await world.publish()
    assert await world.publish() == 2


async def test_a_stream_that_is_gone_is_made_and_told_again(world: World, nats_client: Client) -> None:
    await world.tell(*range(5))
    await nats_client.jetstream().delete_stream(STREAM)
    with pytest.raises(NoStreamResponseError):
        await world.publish()
    assert await world.publish() == 5


async def test_a_server_that_knows_no_batches_has_not_stored_one(world: World, nats_client: Client) -> None:
    await nats_client.jetstream().delete_stream(STREAM)

    async def answer(message: Msg) -> None:
        await message.respond(b'{"stream": "FACTS", "seq": 1}')

    await nats_client.subscribe("fact.>", cb=answer)
    await nats_client.flush()
    with pytest.raises(NotStored, match="stored 0 of 3"):
        await Publisher(world.source_bus, "source").publish(written(3), 0)


async def test_without_an_answer_nothing_is_stored(world: World, nats_client: Client) -> None:
    await nats_client.jetstream().delete_stream(STREAM)
    heard = await nats_client.subscribe("fact.>")
    await nats_client.flush()
    with pytest.raises(NotStored, match="no answer"):
        await Publisher(world.source_bus, "source", answer_s=0.1).publish(written(), 0)
    assert (await heard.next_msg()).subject == f"fact.{Counted.subject}"


async def test_a_headers_value_stays_in_its_line(world: World, nats_client: Client) -> None:
    name = "a\r\nposition: 9\r\n\r\n{}"
    await tell_at_once(world, Keyed(name=name), Keyed(name="plain"))
    await world.publish()
    strange, plain = await in_the_stream(nats_client)
    assert strange.headers is not None
    assert plain.headers is not None
    assert (strange.headers["position"], strange.headers["key"]) == ("1", "a  position: 9    {}")
    assert (plain.headers["position"], plain.headers["key"]) == ("2", "plain")
    assert json.loads(strange.data or b"")["name"] == name


@pytest.mark.parametrize(
    "row, error",
    [(written(payload="x" * (1 << 20)), MaxPayloadError), (written(subject="source.a b"), BadSubjectError)],
    ids=["too long", "no subject"],
)
async def test_what_the_protocol_does_not_take_is_refused_before_it_is_sent(
    world: World, row: list[Written], error: type[Exception]
) -> None:
    publisher = Publisher(world.source_bus, "source")
    with pytest.raises(error):
        await publisher.publish([*written(2), *row], 0)
    await publisher.publish(written(2), 0)
    assert world.source_bus.nc.stats["reconnects"] == 0


async def test_what_several_ask_for_is_told_again_once(world: World, nats_client: Client) -> None:
    await world.tell(*range(5))
    await world.publish()
    relay = world.relay
    told = await asyncio.gather(*(relay.replay(first) for first in (2, 3, 2, 5)))
    assert (sorted(told), await relay.replay(4)) == ([0, 0, 0, 4], 0)
    assert await relay.replay(1) == 5, "more than what was told"
    assert len(await in_the_stream(nats_client)) == 14


async def test_what_could_not_be_told_again_may_be_asked_for_at_once(world: World) -> None:
    await world.tell(*range(3))
    await world.publish()
    relay = world.relay
    await world.source_bus.close()
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever the client says of a closed connection
        await relay.replay(1)
    await world.source_bus.open()
    assert await relay.replay(1) == 3
