"""Reference rates over HTTP: for who is signed in, with age and sources; for staff what they stand on."""

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
from tests.integration.market.desk import OPERATIONS, Desk
from tests.support.sandbox import Sandbox

EVALUATION = "admin/market/fx-rates/EUR-USD"
SOURCES = "admin/market/sources"
PATHS = ("fx-rates", "fx-rates/EUR-USD", EVALUATION, SOURCES)


async def identify(authorization: str | None, *, is_reading: bool) -> Principal:
    """Whoever has a role says so."""
    if authorization is None:
        raise Unauthenticated("Sign in first.")
    roles = frozenset(authorization.removeprefix("Bearer ").split()) - {"investor"}
    return Principal(new_id(), new_id(), roles=roles)


@pytest.fixture
async def web(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in as an operator."""
    app = FastAPI()
    http.install(app)
    app.include_router(desk.market.router())
    edge = Edge(app, cast("Identify", identify), show_stack=True)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(edge),
        base_url="http://localhost/api/v1",
        headers={"Authorization": "Bearer operator"},
    ) as client:
        yield client


async def read(web: httpx.AsyncClient, path: str, **query: Any) -> Any:
    """The data of a good answer."""
    answer = await web.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_is_told_to_strangers(web: httpx.AsyncClient, path: str) -> None:
    del web.headers["Authorization"]
    answer = await web.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("path", PATHS)
async def test_what_a_rate_stands_on_is_for_staff(web: httpx.AsyncClient, desk: Desk, path: str) -> None:
    await desk.read()
    web.headers["Authorization"] = "Bearer investor"
    answer = await web.get(path)
    if path.startswith("admin/"):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    else:
        assert answer.status_code == 200


async def test_a_rate_is_shown_with_its_age_and_its_sources(web: httpx.AsyncClient, desk: Desk) -> None:
    for operation in OPERATIONS[:3]:
        await desk.say(operation, "1.1510")
    await desk.read("ecb", "frankfurter")
    at = (await desk.rate()).at
    assert await read(web, "fx-rates/EUR-USD") == {
        "base": "EUR",
        "quote": "USD",
        "rate": "1.151",
        "at": at.isoformat().replace("+00:00", "Z"),
        "age_s": max((desk.clock.now() - at) // timedelta(seconds=1), 0),
        "sources": ["ecb", "frankfurter"],
    }


async def test_the_list_has_every_other_currency_in_pages(web: httpx.AsyncClient, desk: Desk) -> None:
    await desk.read()
    assert [rate["base"] for rate in await read(web, "fx-rates")] == ["GBP", "IRR", "USD"]
    whole = await read(web, "fx-rates", quote="USD")
    assert [rate["base"] for rate in whole] == ["EUR", "GBP", "IRR"]
    first = (await web.get("fx-rates", params={"quote": "USD", "limit": 2})).json()
    assert first["meta"]["total"] == 3
    rest = await read(web, "fx-rates", quote="USD", limit=2, cursor=first["meta"]["next_cursor"])
    assert first["data"] + rest == whole


async def test_a_rate_without_quorum_is_503_with_the_evaluation_and_no_number(
    web: httpx.AsyncClient, desk: Desk
) -> None:
    answer = await web.get("fx-rates/EUR-USD")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    error = answer.json()["error"]
    assert error["code"] == "market.rate_without_quorum"
    assert [opinion["verdict"] for opinion in error["details"]["opinions"]] == ["unseen"] * 4
    assert await read(web, "fx-rates") == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("fx-rates/EUR-EUR", (404, "market.rate_unknown")),
        ("fx-rates/EUR-BTC", (404, "market.rate_unknown")),
        ("fx-rates/XXX-EUR", (404, "market.rate_unknown")),
        ("fx-rates?quote=BTC", (404, "market.rate_unknown")),
        ("fx-rates/eur-usd", (400, "invalid_request")),
        ("fx-rates?quote=", (400, "invalid_request")),
        ("fx-rates?cursor=x", (400, "invalid_cursor")),
        ("admin/market/fx-rates/EUR-BTC", (404, "market.rate_unknown")),
    ],
)
async def test_refusals_have_codes(web: httpx.AsyncClient, path: str, expected: tuple[int, str]) -> None:
    answer = await web.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == expected


async def test_staff_see_why_a_rate_is_held(web: httpx.AsyncClient, desk: Desk) -> None:
    await desk.say_all("1.1510")
    await desk.read()
    await desk.say_all("1.3000")
    await desk.read()
    found = await read(web, EVALUATION)
    assert (found["rate"], found["refusal"]) == (None, "held")
    assert (found["found"][:4], found["last_good"][:4]) == ("1.29", "1.15")
    assert {opinion["verdict"] for opinion in found["opinions"]} == {"accepted"}
    assert found["opinions"][0] | {"at": None, "age_s": None} == {
        "source": "ecb",
        "group": "ecb",
        "verdict": "accepted",
        "rate": "1.3",
        "at": None,
        "age_s": None,
    }


async def test_staff_see_how_every_source_does(web: httpx.AsyncClient, desk: Desk, sandbox: Sandbox) -> None:
    await sandbox.fail("rates_frankfurter", "5xx")
    await desk.read("ecb", "frankfurter")
    now = desk.clock.now().isoformat().replace("+00:00", "Z")
    sources = {source["source"]: source for source in await read(web, SOURCES) if source["kind"] == "rates"}
    assert {name: source["state"] for name, source in sources.items()} == {
        "ecb": "well",
        "frankfurter": "failing",
        "frankfurter_v2": "waiting",
        "oxr": "waiting",
    }
    assert sources["ecb"]["succeeded_at"] == sources["frankfurter"]["failed_at"] == now
    assert sources["frankfurter"] | {"failed_at": None} == {
        "kind": "rates",
        "source": "frankfurter",
        "group": "ecb",
        "is_daily": True,
        "state": "failing",
        "told_at": None,
        "succeeded_at": None,
        "failed_at": None,
        "failures": 1,
        "error": "status_503",
        "message": "It answered 503.",
    }
