"""Ordering a conversion over HTTP: once for each key, and answered in two seconds whoever is slow."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from capitalino.contracts.market.api import FindPrice, Price
from capitalino.kit import http
from capitalino.kit.auth import Identify, Principal
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.kit.errors import PeerUnavailable
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import State
from capitalino.services.payments.routes import routes
from capitalino.services.payments.service.conversions import ANSWER_S
from capitalino.services.payments.tables import schema
from tests.integration.payments.acts import HALF, ONE_BTC, key, rows
from tests.integration.payments.makers import FixedMarket, Wired, payments
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

LONG_S = 60
INVESTOR = new_id()
BODY = {"from_asset": "BTC", "to_asset": "EUR", "amount": "0.5"}


async def identify(authorization: str | None, *, is_reading: bool) -> Principal:
    """Whoever asks is the same investor."""
    return Principal(new_id(), new_id(), INVESTOR, auth_time=SYSTEM.now())


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


@pytest.fixture
async def wired(db: Database, sandbox: Sandbox) -> AsyncIterator[Wired]:
    async with payments(db, sandbox.venue_url) as made:
        made.book.give(INVESTOR, "BTC", ONE_BTC)
        yield made


@pytest.fixture
def app(wired: Wired) -> FastAPI:
    made = FastAPI()
    http.install(made)
    made.include_router(routes(wired.quotes, wired.conversions, wired.deposits, wired.history, wired.desk))
    return made


@pytest.fixture
async def web(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    edge = Edge(app, cast("Identify", identify), show_stack=True)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(edge), base_url="http://localhost/api/v1"
    ) as client:
        yield client


async def ask(web: httpx.AsyncClient, body: Any = None, **headers: str) -> httpx.Response:
    return await web.post("/conversions", json=body or BODY, headers=headers)


async def test_a_repeat_is_answered_as_such_and_begins_nothing(web: httpx.AsyncClient, wired: Wired) -> None:
    first, second = [await ask(web, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json()["data"]["conversion_id"] == first.json()["data"]["conversion_id"]
    assert wired.book.of(INVESTOR, "BTC") == ONE_BTC // 2


async def test_a_key_is_needed_and_stands_for_one_body(web: httpx.AsyncClient, wired: Wired) -> None:
    assert (await ask(web)).status_code == 400
    assert (await ask(web, **{"Idempotency-Key": "k1"})).status_code == 201
    other = await ask(web, BODY | {"amount": "0.4"}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert wired.book.of(INVESTOR, "BTC") == ONE_BTC // 2


def test_the_header_of_a_repeat_is_documented(app: FastAPI) -> None:
    told = app.openapi()["paths"]["/api/v1/conversions"]["post"]["responses"]["201"]
    assert "Idempotent-Replayed" in told["headers"]
    assert "content" in told


class SlowMarket(FixedMarket):
    """Takes its time."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self._wait_s = wait_s

    async def find_price(self, query: FindPrice) -> Price:
        await asyncio.sleep(self._wait_s)
        return await super().find_price(query)


async def test_a_slow_market_and_a_venue_that_hangs_are_answered(db: Database, sandbox: Sandbox) -> None:
    await sandbox.fail("place", "hang")
    await sandbox.fail("look_up", "hang")
    async with payments(db, sandbox.venue_url, market=SlowMarket(0.6), answer_s=ANSWER_S) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        async with asyncio.timeout(LONG_S / 2):
            found, _ = await wired.conversions.convert(investor, key(investor), HALF)
        assert found.state in (State.PENDING, State.UNKNOWN)


async def test_a_price_that_does_not_come_is_said_before_anything_is_begun(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url, market=SlowMarket(LONG_S), answer_s=ANSWER_S) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        async with asyncio.timeout(LONG_S / 2):
            with pytest.raises(PeerUnavailable):
                await wired.conversions.convert(investor, key(investor), HALF)
    assert await rows(db, "select * from payments.conversion") == []


class Hand:
    """Takes every request as of one investor, who proved a factor that long ago, or as of an API key."""

    def __init__(self, proved: timedelta | None, scopes: frozenset[str] | None = None) -> None:
        at = None if proved is None else SYSTEM.now() - proved
        self._who = Principal(new_id(), new_id(), INVESTOR, auth_time=at, scopes=scopes)

    async def __call__(self, authorization: str | None, *, is_reading: bool) -> Principal:
        """Who it is."""
        return self._who


async def ordered(app: FastAPI, hand: Hand, amount: str) -> tuple[int, str]:
    """Status and code, or state, of a conversion of so much."""
    edge = Edge(app, cast("Identify", hand), show_stack=True)
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as web:
        answer = await ask(web, BODY | {"amount": amount}, **{"Idempotency-Key": str(new_id())})
    told = answer.json()
    return answer.status_code, told["data"]["state"] if answer.is_success else told["error"]["code"]


async def test_a_large_conversion_needs_a_factor_proved_just_now(app: FastAPI, wired: Wired) -> None:
    fresh, stale = Hand(timedelta(minutes=9)), Hand(timedelta(minutes=11))
    assert await ordered(app, stale, "0.3") == (403, "step_up_needed")  # 12,000 EUR
    assert await ordered(app, Hand(None), "0.3") == (403, "step_up_needed")
    assert wired.book.of(INVESTOR, "BTC") == ONE_BTC
    assert await ordered(app, stale, "0.2") == (201, "settled")
    assert await ordered(app, fresh, "0.3") == (201, "settled")


async def test_an_api_key_converts_under_the_scope_trade_alone(app: FastAPI, wired: Wired) -> None:
    assert await ordered(app, Hand(None, frozenset({"read"})), "0.2") == (403, "forbidden")
    assert await ordered(app, Hand(None, frozenset({"read", "withdraw"})), "0.2") == (403, "forbidden")
    assert wired.book.of(INVESTOR, "BTC") == ONE_BTC
    assert await ordered(app, Hand(None, frozenset({"trade"})), "0.3") == (201, "settled")
