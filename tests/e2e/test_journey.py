"""One journey through nginx, in both shapes: from the first mail to money on the screen."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets

from capitalino.app.demo.visitor import Refused
from tests.e2e.conftest import Person, deposit, eventually
from tests.support.stack import Stack

People = Callable[[], Awaitable[Person]]


async def ticket_of(person: Person) -> str:
    return str((await person.post("/ws/tickets", {}))["ticket"])


def socket(stack: Stack, ticket: str) -> Any:
    address = stack.url.replace("http", "ws") + f"/api/v1/ws?ticket={ticket}"
    return websockets.connect(address, origin=stack.url, proxy=None)  # type: ignore[arg-type]


async def until_message(live: Any, wanted: Callable[[dict[str, Any]], bool], within_s: float = 20) -> Any:
    async with asyncio.timeout(within_s):
        async for text in live:
            message = json.loads(text)
            if wanted(message):
                return message
    raise AssertionError("the socket closed")


async def test_an_investors_money_moves_from_end_to_end(platform: Stack, people: People) -> None:
    person = await people()
    await deposit(platform, person, "BTC", "0.5")
    async with socket(platform, await ticket_of(person)) as live:
        assert json.loads(await live.recv())["type"] == "hello"
        await until_message(
            live, lambda one: one["type"] == "price" and one["data"]["instrument"] == "BTC/EUR"
        )
        quote = await person.post("/quotes", {"from_asset": "BTC", "to_asset": "EUR", "amount": "0.2"})
        key, body = str(uuid4()), {"quote_id": quote["quote_id"]}
        done = await person.post("/conversions", body, key)
        await until_message(
            live, lambda one: one["type"] == "payment" and one["data"]["payment_id"] == done["conversion_id"]
        )
        assert await person.balance("EUR") == quote["to"]["amount"]
        assert await person.balance("BTC") == "0.30000000"
        again = await person.post("/conversions", body, key)
        assert (again["conversion_id"], again["state"]) == (done["conversion_id"], "settled")

    async def seen() -> bool:
        kinds = [row["kind"] for row in await person.get("/transactions")]
        return kinds == ["conversion", "deposit"]

    await eventually(seen)
    dashboard = await person.get("/dashboard")
    assert dashboard["value"] is not None
    assert {row["asset"] for row in dashboard["holdings"]} == {"BTC", "EUR"}


async def test_thirty_at_once_move_money_once(platform: Stack, people: People) -> None:
    person = await people()
    await deposit(platform, person, "BTC", "0.5")
    key, body = str(uuid4()), {"from_asset": "BTC", "to_asset": "EUR", "amount": "0.1"}
    answers = await asyncio.gather(*(person.post("/conversions", body, key) for _ in range(30)))
    assert len({one["conversion_id"] for one in answers}) == 1

    async def settled() -> bool:
        found = await person.get(f"/conversions/{answers[0]['conversion_id']}")
        return bool(found["state"] == "settled")

    await eventually(settled)
    assert await person.balance("BTC") == "0.40000000"


async def test_another_body_under_the_same_key_is_refused(platform: Stack, people: People) -> None:
    person = await people()
    await deposit(platform, person, "BTC", "0.1")
    key = str(uuid4())
    await person.post("/conversions", {"from_asset": "BTC", "to_asset": "EUR", "amount": "0.01"}, key)
    with pytest.raises(Refused) as refused:
        await person.post("/conversions", {"from_asset": "BTC", "to_asset": "EUR", "amount": "0.02"}, key)
    assert refused.value.code == "idempotency_key_reused"


async def test_nobody_sees_what_is_another_persons(platform: Stack, people: People) -> None:
    ann, ben = await people(), await people()
    await deposit(platform, ann, "BTC", "0.1")
    done = await ann.post("/conversions", {"from_asset": "BTC", "to_asset": "EUR", "amount": "0.01"})
    with pytest.raises(Refused) as refused:
        await ben.get(f"/conversions/{done['conversion_id']}")
    assert refused.value.code == "payments.conversion_not_found"
    assert await ben.get("/balances") == [] or await ben.balance("BTC") == "0"


async def test_who_signs_out_is_out(platform: Stack, people: People) -> None:
    person = await people()
    async with socket(platform, await ticket_of(person)) as live:
        await person.visitor.send("DELETE", "/api/v1/sessions/current")
        with pytest.raises(Refused) as refused:
            await person.get("/balances")
        assert refused.value.code == "unauthenticated"
        async with asyncio.timeout(10):
            await live.wait_closed()


async def test_every_answer_wears_the_envelope(platform: Stack) -> None:
    async with httpx.AsyncClient(base_url=platform.url, trust_env=False) as web:
        cases = {
            ("GET", "/api/v1/nothing"): 404,
            ("GET", "/api/v1/conversions"): 401,
            ("PUT", "/api/v1/quotes"): 405,
            ("POST", "/api/v1/quotes"): 401,
            ("POST", "/api/v1/sessions"): 400,
        }
        for (method, path), status in cases.items():
            answer = await web.request(method, path)
            body = answer.json()
            assert (answer.status_code, body["success"]) == (status, False), (path, body)
            assert body["error"]["code"]
            assert body["meta"]["request_id"] == answer.headers["x-request-id"]
        document = (await web.get("/api/openapi.json")).json()
        assert len(document["paths"]) > 20
        assert (await web.get("/readyz")).status_code == 200


async def test_a_socket_opens_over_tls(platform: Stack, people: People) -> None:
    person = await people()
    ticket = await ticket_of(person)
    address = platform.tls_url.replace("https", "wss") + f"/api/v1/ws?ticket={ticket}"
    origin: Any = platform.tls_url
    async with websockets.connect(address, origin=origin, proxy=None, ssl=platform.trust) as live:
        assert json.loads(await live.recv())["type"] == "hello"


async def test_a_ticket_opens_one_socket_only(platform: Stack, people: People) -> None:
    person = await people()
    ticket = await ticket_of(person)
    async with socket(platform, ticket) as live:
        assert json.loads(await live.recv())["type"] == "hello"
    with pytest.raises(websockets.exceptions.WebSocketException):
        async with socket(platform, ticket) as live:
            await live.recv()
