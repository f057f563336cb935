"""A rate that is held is let go by two of the staff, once, and only as it was seen by both."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from capitalino.kit import http
from capitalino.kit.auth import Identify, Principal
from capitalino.kit.edge import Edge
from capitalino.kit.ids import new_id
from capitalino.services.market.errors import RateHeld
from tests.integration.market.desk import Desk

ASKED = "fx-rates/EUR-USD/releases"
PEOPLE = {name: new_id() for name in ("mara", "omid", "rosa")}
WHY = {"reason": "ticket 4712: a devaluation"}


async def identify(authorization: str | None, *, is_reading: bool) -> Principal:
    """A name, and what the person is."""
    name, role = (authorization or "").removeprefix("Bearer ").split()
    return Principal(PEOPLE[name], new_id(), roles=frozenset({role}))


@pytest.fixture
async def web(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the market."""
    app = FastAPI()
    http.install(app)
    app.include_router(desk.market.router())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Edge(app, cast("Identify", identify), show_stack=True)),
        base_url="http://localhost/api/v1/admin/market",
    ) as client:
        yield client


@pytest.fixture
async def held(desk: Desk) -> None:
    """All sources say a tenth more than a moment before."""
    await desk.say_all("1.15")
    await desk.read()
    await desk.say_all("1.265")
    await desk.read()
    with pytest.raises(RateHeld):
        await desk.rate()


def signed(who: str, key: str | None = None, role: str = "treasurer") -> dict[str, str]:
    """The headers of somebody's request."""
    made = {"Authorization": f"Bearer {who} {role}"}
    return made if key is None else made | {"Idempotency-Key": key}


async def ask(web: httpx.AsyncClient, who: str = "mara", key: str = "k1") -> dict[str, Any]:
    """Somebody asks."""
    answer = await web.post(ASKED, json=WHY, headers=signed(who, key))
    assert answer.status_code == 201, answer.text
    return cast("dict[str, Any]", answer.json()["data"])


async def decide(
    web: httpx.AsyncClient, asked: dict[str, Any], who: str = "omid", *, is_granted: bool = True
) -> httpx.Response:
    """Somebody decides."""
    path = f"approvals/{asked['approval_id']}/decisions"
    return await web.post(path, json=WHY | {"is_granted": is_granted}, headers=signed(who))


def code(answer: httpx.Response) -> tuple[int, str]:
    """The refusal."""
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.usefixtures("held")
async def test_two_let_a_held_rate_go_and_it_is_good_from_then_on(web: httpx.AsyncClient, desk: Desk) -> None:
    asked = await ask(web)
    assert (asked["state"], asked["base"], asked["quote"]) == ("asked", "EUR", "USD")
    assert round(Decimal(asked["rate"]), 4) == Decimal("1.2650")
    assert code(await decide(web, asked, "mara")) == (403, "approval.own_request")
    with pytest.raises(RateHeld):
        await desk.rate()
    granted = await decide(web, asked)
    assert (granted.status_code, granted.json()["data"]["state"]) == (201, "granted")
    assert f"{(await desk.rate()).rate:f}" == asked["rate"]
    again = await decide(web, asked)
    assert again.headers["Idempotent-Replayed"] == "true"
    listed = (await web.get("approvals", headers=signed("rosa", role="auditor"))).json()["data"]
    assert [(one["approval_id"], one["decided_by"]) for one in listed] == [
        (asked["approval_id"], str(PEOPLE["omid"]))
    ]
    async with desk.market.db.read() as tx:
        rows = await tx.conn.execute(text("select principal, action from market.audit order by seq"))
        assert [(row.principal, row.action) for row in rows] == [
            (str(PEOPLE["mara"]), "market.rate_release_asked"),
            (str(PEOPLE["omid"]), "market.rate_release_granted"),
        ]


@pytest.mark.usefixtures("held")
async def test_a_refused_or_late_request_leaves_the_rate_held(web: httpx.AsyncClient, desk: Desk) -> None:
    asked = await ask(web)
    repeated = await web.post(ASKED, json=WHY, headers=signed("mara", "k1"))
    assert repeated.headers["Idempotent-Replayed"] == "true"
    assert repeated.json()["data"] == asked
    refused = await decide(web, asked, is_granted=False)
    assert refused.json()["data"]["state"] == "refused"
    assert code(await decide(web, asked)) == (409, "approval.already_decided")
    with pytest.raises(RateHeld):
        await desk.rate()
    late = await ask(web, key="k2")
    desk.clock.advance(25 * 3600)
    assert code(await decide(web, late)) == (422, "approval.expired")


@pytest.mark.usefixtures("held")
async def test_what_was_not_seen_by_both_is_not_let_go(web: httpx.AsyncClient, desk: Desk) -> None:
    asked = await ask(web)
    await desk.say_all("1.4")
    await desk.read()
    assert code(await decide(web, asked)) == (409, "market.rate_moved_on")
    await desk.say_all("1.15")
    await desk.read()
    assert code(await decide(web, asked)) == (409, "market.rate_not_held")
    found = (
        await web.get(f"approvals/{asked['approval_id']}", headers=signed("rosa", role="support"))
    ).json()
    assert found["data"]["state"] == "asked"


async def test_only_what_is_held_can_be_asked_for_and_not_by_everybody(
    web: httpx.AsyncClient, desk: Desk
) -> None:
    await desk.say_all("1.15")
    await desk.read()
    assert code(await web.post(ASKED, json=WHY, headers=signed("mara", "k1"))) == (
        409,
        "market.rate_not_held",
    )
    strange = await web.post("fx-rates/EUR-BTC/releases", json=WHY, headers=signed("mara", "k2"))
    assert code(strange) == (404, "market.rate_unknown")
    barred = await web.post(ASKED, json=WHY, headers=signed("mara", "k3", role="support"))
    assert code(barred) == (403, "forbidden")
