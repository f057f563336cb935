"""The connection to NATS: signals, the stream of facts, and what happens without a server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig
from structlog.testing import capture_logs

from capitalino.kit.bus import FACTS, STREAM, Bus
from tests.support.keeper import free_port


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    made = Bus(nats_url, "tests")
    await made.open()
    yield made
    await made.close()


async def test_signals_reach_those_who_listen(bus: Bus) -> None:
    heard: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def hear(subject: str, payload: dict[str, Any]) -> None:
        await heard.put((subject, payload))

    listening = await bus.listen("price.>", hear)
    await bus.signal("price.BTC", {"bid": "1"})
    await bus.signal("other", {"bid": "2"})
    assert await asyncio.wait_for(heard.get(), 5) == ("price.BTC", {"bid": "1"})
    await listening.unsubscribe()
    await bus.signal("price.BTC", {"bid": "3"})
    await bus.nc.flush()
    assert heard.empty()


async def test_the_stream_is_made_once_and_kept(bus: Bus) -> None:
    await bus.ensure_stream()
    info = await bus.js.stream_info(STREAM)
    assert (info.config.subjects, info.config.max_bytes) == (["fact.>"], FACTS.max_bytes)


async def test_a_stream_that_stands_otherwise_is_left_alone(bus: Bus) -> None:
    await bus.js.update_stream(FACTS, max_age=60)
    with capture_logs() as logged:
        await bus.ensure_stream()
    assert [line["event"] for line in logged] == ["bus.stream_stands_otherwise"]
    assert (await bus.js.stream_info(STREAM)).config.max_age == 60


async def test_a_stream_from_before_batches_learns_to_take_them_and_stays_as_it_is_otherwise(
    bus: Bus, nats_url: str
) -> None:
    await bus.js.update_stream(StreamConfig(name=STREAM, subjects=["fact.>"], max_age=60))
    await bus.js.publish("fact.tests.told.v1", b"{}")
    for _ in range(2):
        later = Bus(nats_url, "tests")
        await later.open()
        await later.close()
    info = await bus.js.stream_info(STREAM)
    assert (info.config.allow_batched, info.config.max_age, info.state.messages) == (True, 60, 1)


async def test_a_bus_says_whether_it_is_connected(nats_url: str) -> None:
    bus = Bus(nats_url, "tests")
    seen = [bus.is_open]
    await bus.close()
    await bus.open()
    seen.append(bus.is_open)
    await bus.close()
    assert [*seen, bus.is_open] == [False, True, False]


async def test_what_is_not_open_can_not_be_used(nats_url: str) -> None:
    bus = Bus(nats_url, "tests")
    for use in (lambda: bus.nc, lambda: bus.js):
        with pytest.raises(AssertionError, match="not open"):
            use()


async def test_without_a_server_opening_fails_soon_and_says_why() -> None:
    with capture_logs() as logged, pytest.raises((TimeoutError, OSError)):
        await Bus(f"nats://127.0.0.1:{free_port()}", "tests").open()
    assert {line["event"] for line in logged} == {"bus.error"}


async def test_what_was_flushed_is_known_to_the_server(bus: Bus, nats_client: Client) -> None:
    for n in range(200):
        listening = await bus.nc.subscribe(f"signal.{n}")
        await bus.nc.flush()
        await nats_client.publish(f"signal.{n}")
        assert (await listening.next_msg(5)).subject == f"signal.{n}"
        await listening.unsubscribe()
