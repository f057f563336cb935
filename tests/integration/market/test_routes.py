"""The market over HTTP: who is signed in gets prices and candles, figures as text, refusals with codes."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit import http
from capitalino.kit.auth import Identify, Principal
from capitalino.kit.edge import Edge
from capitalino.kit.errors import Unauthenticated
from capitalino.kit.ids import new_id
from capitalino.kit.pages import encode_cursor
from tests.integration.market.maker import BTC, ETH, Market, tick
from tests.support.clock import NOON, SettableClock

SIGNED_IN = {"Authorization": "Bearer somebody"}


async def anybody(authorization: str | None, *, is_reading: bool) -> Principal:
    """Every token is good."""
    if authorization is None:
        raise Unauthenticated("Sign in first.")
    return Principal(new_id(), new_id())


@pytest.fixture
async def web(market: Market) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in."""
    app = FastAPI()
    http.install(app)
    app.include_router(market.router())
    edge = Edge(app, cast("Identify", anybody), show_stack=True)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(edge), base_url="http://localhost/api/v1", headers=SIGNED_IN
    ) as client:
        yield client


async def read(web: httpx.AsyncClient, path: str, **query: Any) -> Any:
    """The data of a good answer."""
    answer = await web.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def refused(web: httpx.AsyncClient, path: str, **query: Any) -> tuple[int, str]:
    """The status and the code of a refusal."""
    answer = await web.get(path, params=query or None)
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("path", ["assets", "instruments", "prices", "prices/BTC-EUR", "candles"])
async def test_nothing_is_told_to_strangers(web: httpx.AsyncClient, path: str) -> None:
    del web.headers["Authorization"]
    assert await refused(web, path, instrument="BTC/EUR") == (401, "unauthenticated")


async def test_assets_have_their_scale_and_name(web: httpx.AsyncClient) -> None:
    assets = {asset["code"]: asset for asset in await read(web, "assets")}
    assert assets["BTC"] == {"code": "BTC", "kind": "crypto", "scale": 8, "name": "Bitcoin"}
    assert assets["EUR"]["kind"] == "fiat"


async def test_short_lists_have_pages_too(web: httpx.AsyncClient) -> None:
    whole = await read(web, "assets")
    first = (await web.get("assets", params={"limit": 5})).json()
    assert first["meta"]["total"] == len(whole) == 8
    second = (await web.get("assets", params={"limit": 5, "cursor": first["meta"]["next_cursor"]})).json()
    assert first["data"] + second["data"] == whole
    assert second["meta"]["next_cursor"] is None
    assert await read(web, "assets", limit=5, page=2) == second["data"]


async def test_instruments_have_the_limits_of_their_venues(web: httpx.AsyncClient) -> None:
    instruments = await read(web, "instruments")
    assert [one["code"] for one in instruments] == ["BTC/EUR", "ETH/EUR", "LTC/EUR"]
    assert instruments[0] == {
        "code": "BTC/EUR",
        "base": "BTC",
        "quote": "EUR",
        "is_open": True,
        "price_tick": "0.01",
        "lot": "0.00001",
        "cost_min": "5",
        "venues": ["binance"],
    }


async def test_a_price_is_shown_with_its_age_and_its_sources(
    web: httpx.AsyncClient, market: Market, clock: SettableClock
) -> None:
    await market.observations.take("binance", tick(BTC, 50_000, clock.now(), open_24h=40_000))
    clock.advance(1.5)
    shown = {
        "instrument": "BTC/EUR",
        "base": "BTC",
        "quote": "EUR",
        "bid": "49999",
        "ask": "50001",
        "mid": "50000",
        "best_bid": "49999",
        "best_ask": "50001",
        "change_24h": "0.2500",
        "at": "2026-03-20T12:00:00Z",
        "age_ms": 1500,
        "sources": ["binance"],
    }
    assert await read(web, "prices/BTC-EUR") == shown
    assert await read(web, "prices", quote="EUR") == [shown]
    assert await read(web, "prices") == [shown]


async def test_a_cross_price_is_shown_as_any_other(
    web: httpx.AsyncClient, market: Market, clock: SettableClock
) -> None:
    for pair, mid in ((BTC, 50_000), (ETH, 2_000)):
        await market.observations.take("binance", tick(pair, mid, clock.now()))
    assert (await read(web, "prices/BTC-ETH"))["mid"] == "25"
    assert [one["instrument"] for one in await read(web, "prices", quote="ETH")] == ["BTC/ETH", "EUR/ETH"]


async def test_old_prices_are_refused_and_left_out_of_the_list(
    web: httpx.AsyncClient, market: Market, clock: SettableClock
) -> None:
    await market.observations.take("binance", tick(BTC, 50_000, clock.now()))
    clock.advance(11)
    answer = await web.get("prices/BTC-EUR")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["error"]["code"] == "market.price_unavailable"
    assert await read(web, "prices") == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("prices/XRP-EUR", (404, "market.instrument_unknown")),
        ("prices/EUR-USD", (404, "market.instrument_unknown")),
        ("prices?quote=USD", (404, "market.instrument_unknown")),
        ("candles?instrument=XRP/EUR", (404, "market.instrument_unknown")),
        ("candles", (400, "invalid_request")),
        ("candles?instrument=BTC/EUR&interval=2m", (400, "invalid_request")),
        ("candles?instrument=BTC/EUR&limit=1501", (400, "invalid_request")),
        ("candles?instrument=BTC/EUR&from=2026-03-20T00:00:00", (400, "invalid_request")),
        ("candles?instrument=BTC/EUR&cursor=x", (400, "invalid_cursor")),
        ("candles?instrument=BTC/EUR&to=9999-12-31T23:59:59Z", (400, "invalid_request")),
        *(
            (f"candles?instrument=BTC/EUR&cursor={encode_cursor(forged)}", (400, "invalid_cursor"))
            for forged in ("5", "2026-03-20", "9999-12-31T23:59:59+00:00")
        ),
        ("prices/btc-eur", (400, "invalid_request")),
    ],
)
async def test_refusals_have_codes(web: httpx.AsyncClient, path: str, expected: tuple[int, str]) -> None:
    assert await refused(web, path) == expected


async def test_candles_are_shown_oldest_first_page_after_page(web: httpx.AsyncClient, market: Market) -> None:
    await market.history.round()
    query = {"instrument": "BTC/EUR", "interval": "1d", "from": (NOON - timedelta(days=4)).isoformat()}
    whole = await read(web, "candles", **query)
    assert [candle["at"][:10] for candle in whole] == ["2026-03-17", "2026-03-18", "2026-03-19", "2026-03-20"]
    assert whole[0]["volume"] == "1.5"
    assert all(isinstance(figure, str) for figure in whole[0].values())
    first = (await web.get("candles", params=query | {"limit": 3})).json()
    assert first["meta"]["limit"] == 3
    rest = await read(web, "candles", **query, limit=3, cursor=first["meta"]["next_cursor"])
    assert first["data"] + rest == whole


async def test_candles_end_where_they_are_asked_to(web: httpx.AsyncClient, market: Market) -> None:
    await market.history.round()
    query = {"instrument": "BTC/EUR", "interval": "1h", "limit": 2, "to": NOON.isoformat()}
    assert [one["at"][11:16] for one in await read(web, "candles", **query)] == ["10:00", "11:00"]
