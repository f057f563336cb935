"""What staff see of prices: what each venue says and what became of it, and how the feeds do."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit import http
from capitalino.kit.auth import Identify, Principal
from capitalino.kit.bus import Bus
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.kit.ids import new_id
from capitalino.services.market.service.signals import FeedSignal
from tests.integration.market.maker import BTC, Market, ScriptedVenue, tick
from tests.support.clock import SettableClock

EVALUATION = "admin/market/prices/BTC-EUR"
SOURCES = "admin/market/sources"


async def identify(authorization: str | None, *, is_reading: bool) -> Principal:
    """Whoever has a role says so."""
    roles = frozenset((authorization or "").removeprefix("Bearer ").split()) - {"investor"}
    return Principal(new_id(), new_id(), roles=roles)


@pytest.fixture
async def market(db: Database, bus: Bus, clock: SettableClock) -> Market:
    """A market that reads two venues."""
    made = Market(db, bus, ScriptedVenue(clock), clock, ScriptedVenue(clock, name="kraken"))
    await made.catalogue.read()
    return made


@pytest.fixture
async def web(market: Market) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in as an operator."""
    app = FastAPI()
    http.install(app)
    app.include_router(market.router())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Edge(app, cast("Identify", identify), show_stack=True)),
        base_url="http://localhost/api/v1",
        headers={"Authorization": "Bearer operator"},
    ) as client:
        yield client


async def read(web: httpx.AsyncClient, path: str, **query: Any) -> Any:
    """The data of a good answer."""
    answer = await web.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize("path", [EVALUATION, SOURCES])
async def test_investors_see_none_of_it(web: httpx.AsyncClient, path: str) -> None:
    answer = await web.get(path, headers={"Authorization": "Bearer investor"})
    assert answer.status_code == 403


async def test_a_price_without_a_quorum_is_refused_with_the_evaluation_and_shown_to_staff(
    web: httpx.AsyncClient, market: Market, clock: SettableClock
) -> None:
    await market.observations.take("kraken", tick(BTC, 50_000, clock.now()))
    clock.advance(1.5)
    answer = await web.get("prices/BTC-EUR")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    error = answer.json()["error"]
    silent = dict.fromkeys(("bid", "ask", "at", "age_ms"))
    opinions = [
        {"instrument": "BTC/EUR", "source": "binance", "verdict": "silent", **silent},
        {
            "instrument": "BTC/EUR",
            "source": "kraken",
            "verdict": "accepted",
            "bid": "49999",
            "ask": "50001",
            "at": "2026-03-20T12:00:00Z",
            "age_ms": 1500,
        },
    ]
    assert error["code"] == "market.price_without_quorum"
    assert (error["details"]["instrument"], error["details"]["opinions"]) == ("BTC/EUR", opinions)
    assert await read(web, EVALUATION) == {
        "base": "BTC",
        "quote": "EUR",
        "mid": None,
        "needed": {"BTC/EUR": 2},
        "opinions": opinions,
    }
    assert await read(web, "prices") == []


async def test_staff_see_what_a_price_stands_on(
    web: httpx.AsyncClient, market: Market, clock: SettableClock
) -> None:
    for venue, mid in (("binance", 50_000), ("kraken", 50_002)):
        await market.observations.take(venue, tick(BTC, mid, clock.now()))
    shown = await read(web, EVALUATION)
    assert shown["mid"] == "50001"
    assert [one["verdict"] for one in shown["opinions"]] == ["accepted", "accepted"]
    refused = await web.get("admin/market/prices/EUR-USD")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "market.instrument_unknown")


async def test_staff_see_how_every_feed_does(
    web: httpx.AsyncClient, market: Market, clock: SettableClock
) -> None:
    pulse = market.live.each[1].pulse
    for _ in range(3):
        for _ in range(4):
            pulse.tick(clock.now(), clock.now())
        clock.advance(1)
        told = FeedSignal.of(pulse.beat(clock.monotonic())).model_dump(mode="json")
        await market.live.feeds.hear_signal("market.feed.kraken", told)
    clock.advance(0.5)
    binance, kraken = [one for one in await read(web, SOURCES) if one["kind"] == "prices"]
    assert (binance["source"], binance["state"], binance["told_at"]) == ("binance", "unread", None)
    assert kraken == {
        "kind": "prices",
        "source": "kraken",
        "state": "live",
        "told_at": "2026-03-20T12:00:03Z",
        "connected_at": "2026-03-20T12:00:00Z",
        "last_tick_at": "2026-03-20T12:00:02Z",
        "lag_ms": 0,
        "ticks": 12,
        "ticks_per_s": 4.0,
        "reconnects": 0,
        "quiet": 0,
        "failed_at": None,
        "error": None,
        "message": None,
    }
