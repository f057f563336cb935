"""Every route with everybody who may not: barred people, wrong roles, owners of other things."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from capitalino.app.demo.visitor import Visitor
from capitalino.kit.auth import STAFF
from tests.contract.http.people import PASSWORD, new_person
from tests.contract.http.test_api import DOCUMENT, GUARDED, at, each_guarded, failure
from tests.support.stack import Stack

ROLES = {
    (method, path): frozenset(DOCUMENT["paths"][path][method.lower()].get("x-roles", ()))
    for method, path in GUARDED
}
WRONG = [
    (method, path, role)
    for (method, path), roles in ROLES.items()
    for role in sorted(STAFF - roles)
    if roles and "investor" not in roles
]
OWNED = [
    (method, path)
    for method, path in GUARDED
    if path.endswith(("_id}", "_id}/read")) and "/admin/" not in path
]
Make = Callable[[Stack, Visitor], Awaitable[str]]


@pytest.fixture(scope="session")
def barred(running: Stack) -> str:
    """A token of somebody who was locked after it was issued; it has minutes left."""

    async def locked() -> str:
        async with Visitor.at(running.url) as visitor:
            email = f"barred{uuid4().hex[:10]}@capitalino.example"
            await visitor.register(email, PASSWORD)
            await visitor.confirm(email, 30)
            await visitor.set_up(email, PASSWORD)
            await asyncio.to_thread(running.command, "admin", "lock", email)
            return visitor.token

    return asyncio.run(locked())


@pytest.fixture(scope="session")
def staff(running: Stack) -> dict[str, str]:
    """A token of somebody with each role alone, beside the investor's."""

    async def made() -> dict[str, str]:
        found = {}
        for role in sorted(STAFF):
            async with new_person(running, role) as (visitor, _):
                found[role] = visitor.token
        return found

    return asyncio.run(made())


@each_guarded
def test_a_barred_login_opens_nothing(web: httpx.Client, barred: str, method: str, path: str) -> None:
    answer = web.request(method, at(path), headers={"Authorization": f"Bearer {barred}"})
    told = failure(answer, 401, "unauthenticated")
    assert told["error"]["message"] == "The session is over."


@pytest.mark.parametrize("method, path, role", WRONG, ids=[f"{m} {p} {r}" for m, p, r in WRONG])
def test_another_role_opens_nothing(
    web: httpx.Client, staff: dict[str, str], method: str, path: str, role: str
) -> None:
    answer = web.request(method, at(path), headers={"Authorization": f"Bearer {staff[role]}"})
    failure(answer, 403, "forbidden")


def test_every_route_of_staff_names_its_roles() -> None:
    for method, path in GUARDED:
        if "/admin/" in path:
            assert ROLES[method, path], f"{method} {path}"
            assert ROLES[method, path] <= STAFF, f"{method} {path}"


async def a_conversion(stack: Stack, owner: Visitor) -> str:
    there = await owner.send("POST", "/api/v1/deposit-addresses", {"asset": "BTC"})
    await owner.send_coins("BTC", "1", there["address"], there["tag"])
    while not await owner.send("GET", "/api/v1/balances"):
        await asyncio.sleep(0.1)
    body = {"from_asset": "BTC", "to_asset": "EUR", "amount": "0.1"}
    done = await owner.send("POST", "/api/v1/conversions", body, key=uuid4().hex)
    return str(done["conversion_id"])


async def an_entry(stack: Stack, owner: Visitor) -> str:
    await a_conversion(stack, owner)
    while not (found := await owner.send("GET", "/api/v1/statements?asset=BTC")):
        await asyncio.sleep(0.1)
    return str(found[0]["entry_id"])


async def a_notification(stack: Stack, owner: Visitor) -> str:
    await a_conversion(stack, owner)
    while not (found := await owner.send("GET", "/api/v1/notifications")):
        await asyncio.sleep(0.1)
    return str(found[0]["notification_id"])


async def a_session(stack: Stack, owner: Visitor) -> str:
    return str((await owner.send("GET", "/api/v1/sessions"))[0]["session_id"])


async def an_api_key(stack: Stack, owner: Visitor) -> str:
    body = {"name": "bot", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00Z"}
    ends_at = (await owner.send("GET", "/api/v1/sessions"))[0]["expires_at"]
    made = await owner.send("POST", "/api/v1/api-keys", body | {"expires_at": ends_at})
    return str(made["key"]["key_id"])


MAKERS: dict[str, Make] = {
    "/api/v1/api-keys/{key_id}": an_api_key,
    "/api/v1/conversions/{conversion_id}": a_conversion,
    "/api/v1/entries/{entry_id}": an_entry,
    "/api/v1/notifications/{notification_id}/read": a_notification,
    "/api/v1/sessions/{session_id}": a_session,
}
PASSKEYS = "/api/v1/passkeys/{passkey_id}"
"""Made by an authenticator: `tests/integration/auth/test_passkeys.py` has these."""


def test_every_route_of_an_object_is_tried_here() -> None:
    assert {path for _, path in OWNED} == {*MAKERS, PASSKEYS}


@asynccontextmanager
async def owner_and_other(stack: Stack) -> AsyncIterator[tuple[Visitor, Visitor]]:
    async with new_person(stack) as (owner, _), new_person(stack) as (other, _):
        yield owner, other


@pytest.mark.parametrize(
    "method, path",
    [one for one in OWNED if one[1] in MAKERS],
    ids=[f"{m} {p}" for m, p in OWNED if p in MAKERS],
)
async def test_another_persons_object_is_not_there(
    running: Stack, web: httpx.Client, method: str, path: str
) -> None:
    async with owner_and_other(running) as (owner, other):
        made = await MAKERS[path](running, owner)
        address = at(path.replace("{" + path.partition("{")[2].partition("}")[0] + "}", made))

        def asked(who: Visitor) -> Any:
            return web.request(method, address, headers={"Authorization": f"Bearer {who.token}"})

        refused = await asyncio.to_thread(asked, other)
        assert (refused.status_code, refused.json()["success"]) == (404, False), refused.text
        assert (await asyncio.to_thread(asked, owner)).status_code == 200
