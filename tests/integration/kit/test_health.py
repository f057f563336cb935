"""A process says whether it lives and whether all that it needs answers."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from nats.aio.client import Client
from valkey.asyncio import Valkey

from capitalino.kit import http
from capitalino.kit.bus import Bus
from capitalino.kit.db import Schema
from capitalino.kit.health import Check, Health, bus_answers, cache_answers, database_answers, routes
from tests.support.clock import SettableClock
from tests.support.database import Opener


class Part:
    """Something that is needed."""

    def __init__(self) -> None:
        self.asked = 0
        self.broken: Exception | None = None
        self.takes_s = 0.0

    async def __call__(self) -> None:
        self.asked += 1
        await asyncio.sleep(self.takes_s)
        if self.broken:
            raise self.broken


def web(health: Health) -> httpx.AsyncClient:
    app = FastAPI()
    http.install(app)
    app.include_router(routes(health))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
def part() -> Part:
    return Part()


@pytest.fixture
def health(part: Part, clock: SettableClock) -> Health:
    return Health({"part": part, "other": Part()}, clock=clock)


async def test_it_is_ready_when_all_parts_are(health: Health) -> None:
    async with web(health) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    well = {"is_ready": True, "took_ms": 0.0, "error": None}
    assert answer.json()["data"] == {"state": "ready", "parts": {"part": well, "other": well}}


async def test_a_broken_part_is_named_without_its_text(health: Health, part: Part) -> None:
    part.broken = OSError("no route to postgresql://app:secret@db")
    async with web(health) as client:
        answer = await client.get("/readyz")
        assert (await client.get("/livez")).status_code == 200
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "service_unavailable"
    parts = answer.json()["error"]["details"]["parts"]
    assert parts["part"] == {"is_ready": False, "took_ms": 0.0, "error": "OSError"}
    assert parts["other"]["is_ready"]
    assert "secret" not in answer.text


async def test_a_hanging_part_is_given_up(health: Health, part: Part) -> None:
    part.takes_s = 60
    assert (await health.parts())["part"].error == "TimeoutError"


async def test_many_who_ask_at_once_are_one_question(
    health: Health, part: Part, clock: SettableClock
) -> None:
    await asyncio.gather(*(health.parts() for _ in range(20)))
    assert part.asked == 1
    clock.advance(0.5)
    await health.parts()
    assert part.asked == 2


async def test_a_process_that_stops_is_not_ready(health: Health, part: Part) -> None:
    health.is_stopping = True
    async with web(health) as client:
        assert (await client.get("/readyz")).status_code == 503
    assert part.asked == 0


async def test_real_servers_answer(
    database: Opener, cache: Valkey, nats_client: Client, nats_url: str
) -> None:
    bus = Bus(nats_url, "kit")
    await bus.open()
    checks: dict[str, Check] = {
        "database": database_answers(await database(Schema("kit_health"))),
        "cache": cache_answers(cache),
        "bus": bus_answers(bus),
    }
    parts = await Health(checks).parts()
    await bus.close()
    assert [part.error for part in parts.values()] == [None, None, None]
