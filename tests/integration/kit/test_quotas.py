"""What one principal may ask for in a minute, counted at every route, told in every answer."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from valkey.asyncio import Valkey
from valkey.asyncio.retry import Retry
from valkey.backoff import NoBackoff

from capitalino.kit import http
from capitalino.kit.auth import Fresh, Investor, Principal, Public, Scope, investor_or_key
from capitalino.kit.auth.quotas import Quotas
from capitalino.kit.edge import Edge
from capitalino.kit.limits import Limits
from capitalino.kit.settings import Shared
from tests.support.keeper import free_port

Trader = Annotated[Principal, investor_or_key(Scope.TRADE)]
SHARED = Shared(reads_a_minute=6, writes_a_minute=4, money_a_minute=5)


async def identify(authorization: str | None, *, is_reading: bool) -> Principal:
    """Takes everybody's word: `<user> [<key>]`."""
    user, _, key = (authorization or "").partition(" ")
    if key:
        return Principal(UUID(user), UUID(key), uuid4(), scopes=frozenset({"read", "trade"}))
    return Principal(UUID(user), uuid4(), uuid4())


def app() -> FastAPI:
    """One route of each sort."""
    made = FastAPI()
    http.install(made)

    @made.get("/things")
    async def read(_: Investor) -> str:
        return "read"

    @made.post("/things")
    async def write(_: Investor) -> str:
        return "written"

    @made.post("/conversions")
    async def convert(_: Trader, fresh: Fresh) -> str:
        return "converted"

    @made.get("/open", dependencies=[Public])
    async def anybody() -> str:
        return "open"

    return made


def served(cache: Valkey) -> httpx.AsyncClient:
    """A process of its own, at this cache."""
    who: Any = identify
    edge = Edge(app(), who, show_stack=True, quotas=Quotas.of(Limits(cache, "kit"), SHARED))
    return httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://localhost")


@pytest.fixture
async def web(cache: Valkey) -> AsyncIterator[httpx.AsyncClient]:
    async with served(cache) as client:
        yield client


async def asked(web: httpx.AsyncClient, user: str, method: str, path: str, times: int) -> list[int]:
    return [
        (await web.request(method, path, headers={"Authorization": user})).status_code for _ in range(times)
    ]


async def test_each_sort_of_request_has_its_own_count(web: httpx.AsyncClient) -> None:
    ann = str(uuid4())
    assert await asked(web, ann, "GET", "/things", 7) == [200] * 6 + [429]
    assert await asked(web, ann, "POST", "/things", 5) == [200] * 4 + [429]
    assert await asked(web, ann, "POST", "/conversions", 6) == [200] * 5 + [429]


async def test_who_asks_too_much_holds_up_nobody_else_at_the_same_address(web: httpx.AsyncClient) -> None:
    ann, bob = str(uuid4()), str(uuid4())
    assert (await asked(web, ann, "POST", "/conversions", 20))[-1] == 429
    assert await asked(web, bob, "POST", "/conversions", 5) == [200] * 5


async def test_all_sessions_of_a_login_count_together_and_an_api_key_for_itself(
    web: httpx.AsyncClient,
) -> None:
    ann = str(uuid4())
    assert await asked(web, ann, "POST", "/conversions", 6) == [200] * 5 + [429]  # a new session each time
    assert await asked(web, f"{ann} {uuid4()}", "POST", "/conversions", 5) == [200] * 5


async def test_replicas_count_together(web: httpx.AsyncClient, cache: Valkey) -> None:
    ann = str(uuid4())
    async with served(cache) as other:
        both = await asked(web, ann, "POST", "/conversions", 3)
        both += await asked(other, ann, "POST", "/conversions", 3)
    assert both == [200] * 5 + [429]


async def test_every_answer_says_what_is_left_and_a_refusal_when_to_come_back(web: httpx.AsyncClient) -> None:
    header = {"Authorization": str(uuid4())}
    first = await web.post("/conversions", headers=header)
    assert first.headers["ratelimit-policy"] == '"money";q=5;w=60'
    assert first.headers["ratelimit"] == '"money";r=4;t=12'
    for _ in range(4):
        await web.post("/conversions", headers=header)
    refused = await web.post("/conversions", headers=header)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= 12
    assert refused.headers["ratelimit"].startswith('"money";r=0')
    assert "ratelimit" not in (await web.get("/open")).headers


async def test_without_the_cache_reading_goes_on_and_money_is_held_short() -> None:
    away = Valkey(host="127.0.0.1", port=free_port(), retry=Retry(NoBackoff(), 0))
    ann = str(uuid4())
    async with served(away) as web:
        assert await asked(web, ann, "GET", "/things", 7) == [200] * 6 + [429]
        assert await asked(web, ann, "POST", "/conversions", 2) == [200, 429]
