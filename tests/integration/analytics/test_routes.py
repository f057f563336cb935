"""HTTP for analytics: figures as texts, nulls with a reason, and as of when."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit import http
from capitalino.kit.auth import Principal
from capitalino.kit.edge import Edge
from capitalino.services.analytics.routes import routes
from tests.integration.analytics.conftest import BTC, World, at, closed, conversion, deposit

ANNA = uuid4()


class Signed:
    """Takes every request as the investor whose id is its token."""

    async def __call__(self, authorization: str | None, *, is_reading: bool) -> Principal:
        """Who it is."""
        investor_id = UUID((authorization or "").removeprefix("Bearer "))
        return Principal(user_id=uuid4(), session_id=uuid4(), investor_id=investor_id)


@pytest.fixture
async def web(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The service behind the usual edge, for Anna."""
    app = FastAPI()
    http.install(app)
    app.include_router(routes(world.analytics, world.clock))
    transport = httpx.ASGITransport(Edge(app, Signed(), show_stack=True))  # type: ignore[arg-type]
    signed = {"Authorization": f"Bearer {ANNA}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test/api/v1", headers=signed
    ) as client:
        yield client


async def test_the_dashboard(world: World, web: httpx.AsyncClient) -> None:
    await world.tell(closed(18, 30_000), closed(19, 40_000), deposit(ANNA, "BTC", BTC, at(18)))
    found = (await web.get("/dashboard")).json()["data"]
    assert found == {
        "base_asset": "EUR",
        "value": {"amount": "40000.00", "asset": "EUR"},
        "change_24h": {"amount": {"amount": "10000.00", "asset": "EUR"}, "ratio": "0.333333"},
        "invested": {"amount": "30000.00", "asset": "EUR"},
        "reason": None,
        "as_of": "2026-03-20T00:00:00Z",
        "holdings": [
            {
                "asset": "BTC",
                "amount": "1.00000000",
                "price": "40000",
                "value": {"amount": "40000.00", "asset": "EUR"},
                "share": "1.000000",
                "reason": None,
            }
        ],
    }


async def test_what_is_not_known_is_null_and_says_why(world: World, web: httpx.AsyncClient) -> None:
    await world.tell(deposit(ANNA, "IRR", 100))
    found = (await web.get("/dashboard")).json()["data"]
    assert (found["value"], found["reason"]) == (None, "price_unknown")
    assert (found["holdings"][0]["price"], found["holdings"][0]["reason"]) == (None, "price_unknown")


async def test_the_value_by_day(world: World, web: httpx.AsyncClient) -> None:
    await world.tell(closed(18, 30_000), deposit(ANNA, "BTC", BTC, at(18)))
    answer = (await web.get("/portfolios/value-history", params={"range": "all"})).json()
    assert [point["on"] for point in answer["data"]] == ["2026-03-18", "2026-03-19", "2026-03-20"]
    assert answer["data"][0] == {"on": "2026-03-18", "value": "30000.00", "invested": "30000.00"}
    assert answer["meta"]["as_of"] == "2026-03-20T12:00:00Z"


async def test_a_range_that_there_is_not_is_refused(web: httpx.AsyncClient) -> None:
    assert (await web.get("/portfolios/value-history", params={"range": "2w"})).status_code == 400


async def test_transactions_are_paged_by_cursor(world: World, web: httpx.AsyncClient) -> None:
    await world.tell(deposit(ANNA, "BTC", BTC, at(1)), conversion(ANNA, BTC, 10_000, at(2)))
    first = (await web.get("/transactions", params={"limit": 1})).json()
    (told,) = first["data"]
    assert (told["kind"], told["from"], told["fee"]) == (
        "conversion",
        {"amount": "1.00000000", "asset": "BTC"},
        {"amount": "1.00", "asset": "EUR"},
    )
    rest = (await web.get("/transactions", params={"cursor": first["meta"]["next_cursor"]})).json()
    assert [one["kind"] for one in rest["data"]] == ["deposit"]
    assert (rest["data"][0]["from"], rest["meta"]["next_cursor"]) == (None, None)


@pytest.mark.parametrize("cursor", ["MTpub25zZW5zZQ", "MTpub25zZW5zZXxhdA", "x"])
async def test_a_cursor_that_we_never_gave_is_refused(web: httpx.AsyncClient, cursor: str) -> None:
    refused = await web.get("/transactions", params={"cursor": cursor})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_cursor")
