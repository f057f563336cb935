"""What the edge is told about the platform: ready only when every process and every server is."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from capitalino.kit import http
from capitalino.kit.clock import SYSTEM
from capitalino.services.gateway.routes import routes
from capitalino.services.gateway.service import Platform
from tests.support.edge import Upstream


@pytest.fixture
async def upstreams() -> AsyncIterator[list[Upstream]]:
    """Two processes and a server."""
    made = [Upstream("ledger"), Upstream("payments"), Upstream("nats")]
    for one in made:
        await one.start()
    yield made
    for one in made:
        one.stop()


async def ask(upstreams: list[Upstream], path: str) -> tuple[int, Any]:
    """What a gateway before these answers."""
    ledger, payments, nats = (one.address for one in upstreams)
    services = {
        "ledger": f"http://{ledger}",
        "payments": f"http://{payments}",
        "market": f"http://{payments}",
    }
    platform = Platform(services, {"nats": nats}, SYSTEM)
    app = FastAPI()
    http.install(app)
    app.include_router(routes(platform))
    async with (
        platform.open(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        with capture_logs():  # a pretty traceback takes longer than a check may
            answer = await client.get(path)
    return answer.status_code, answer.json()


async def test_it_is_ready_when_every_part_is(upstreams: list[Upstream]) -> None:
    status, body = await ask(upstreams, "/gateway/readyz")
    assert status == 200
    assert set(body["data"]["parts"]) == {"ledger", "market payments", "nats"}


@pytest.mark.parametrize("gone, named", [(0, "ledger"), (1, "market payments"), (2, "nats")])
async def test_one_part_away_and_it_is_not_ready(upstreams: list[Upstream], gone: int, named: str) -> None:
    upstreams[gone].stop()
    status, body = await ask(upstreams, "/gateway/readyz")
    assert (status, body["error"]["code"]) == (503, "service_unavailable")
    away = [name for name, part in body["error"]["details"]["parts"].items() if not part["is_ready"]]
    assert away == [named]


async def test_it_lives_whatever_is_away(upstreams: list[Upstream]) -> None:
    for one in upstreams:
        one.stop()
    assert (await ask(upstreams, "/gateway/livez"))[0] == 200
