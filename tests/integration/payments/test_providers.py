"""Staff see how each exchange is doing: circuits, the last trouble, orders; and that they looked is noted."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit import http
from capitalino.kit.auth import Identify, Principal
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import State
from capitalino.services.payments.routes import routes
from capitalino.services.payments.tables import schema
from capitalino.venues.port import Again
from tests.integration.payments.acts import ONE_BTC, convert, until_final
from tests.integration.payments.killed import venue_of
from tests.integration.payments.makers import Wired, payments
from tests.integration.payments.staff import somebody
from tests.integration.payments.test_router import Odd, raises
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

READER, INVESTOR = somebody("auditor"), Principal(new_id(), new_id(), new_id())
PEOPLE = {"staff": READER, "investor": INVESTOR}
PATH = "/admin/payments/providers"


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def identify(authorization: str | None, *, is_reading: bool) -> Principal:
    """Whoever is named."""
    return PEOPLE[authorization or ""]


@pytest.fixture
async def wired(db: Database, sandbox: Sandbox) -> AsyncIterator[Wired]:
    """Binance takes no orders; OKX does."""
    odd = Odd(sandbox, "binance", place=raises(Again("5xx", "away", retry_after_s=40)))
    async with payments(db, "", venue=cast("Any", odd), others=[venue_of(sandbox.url, "okx")]) as made:
        yield made


@pytest.fixture
async def web(wired: Wired) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    http.install(app)
    app.include_router(routes(wired.quotes, wired.conversions, wired.deposits, wired.history, wired.desk))
    edge = Edge(app, cast("Identify", identify), show_stack=True)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(edge), base_url="http://localhost/api/v1"
    ) as client:
        yield client


async def read(web: httpx.AsyncClient, who: str) -> httpx.Response:
    return await web.get(PATH, headers={"Authorization": who})


async def test_each_exchange_says_how_it_does(web: httpx.AsyncClient, wired: Wired) -> None:
    investor = wired.investor(BTC=ONE_BTC)
    begun = await convert(wired, investor)
    assert (await until_final(wired, investor, begun.conversion_id)).state is State.SETTLED
    answer = await read(web, "staff")
    assert answer.status_code == 200
    told = answer.json()["data"]
    assert ":" in told["replica"]
    binance, okx = told["providers"]
    assert (binance["venue"], binance["takes_orders"], binance["takes_deposits"]) == ("binance", True, True)
    assert (okx["venue"], okx["takes_orders"], okx["takes_deposits"]) == ("okx", True, False)
    assert binance["orders"] == {"sent": 0, "filled": 0, "never": 1, "late": 0}
    assert okx["orders"] == {"sent": 0, "filled": 1, "never": 0, "late": 0}
    assert binance["success"] == "0.9524"
    assert okx["success"] == "1.0000"
    groups = {one["group"]: one for one in binance["circuits"]}
    assert groups.keys() == {"prices", "trading", "receiving"}
    assert groups["trading"]["trouble"] == "5xx"
    assert groups["trading"]["trouble_at"] is not None
    assert groups["trading"]["wait_s"] > 0
    assert {one["group"] for one in okx["circuits"]} == {"prices", "trading"}


async def test_an_investor_sees_nothing_of_it(web: httpx.AsyncClient) -> None:
    assert (await read(web, "investor")).status_code == 403


async def test_a_case_shows_why_each_order_went_where_it_went(web: httpx.AsyncClient, wired: Wired) -> None:
    begun = await convert(wired, wired.investor(BTC=ONE_BTC))
    answer = await web.get(
        f"/admin/payments/conversions/{begun.conversion_id}", headers={"Authorization": "staff"}
    )
    case = answer.json()["data"]
    assert case["settlement"] == "back_to_back"
    routing = case["attempts"][0]["routing"]
    assert routing["parts"][0] == {"venue": "binance", "amount": "0.5"}
    assert [one["venue"] for one in routing["venues"]] == ["binance", "okx"]
