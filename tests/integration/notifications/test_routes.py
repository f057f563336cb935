"""HTTP for notifications: whose inbox it is comes from the token alone."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from capitalino.kit import http
from capitalino.kit.auth import Principal
from capitalino.kit.edge import Edge
from capitalino.services.notifications.routes import routes
from tests.integration.notifications.conftest import World, conversion

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
    app.include_router(routes(world.notifications))
    transport = httpx.ASGITransport(Edge(app, Signed(), show_stack=True))  # type: ignore[arg-type]
    signed = {"Authorization": f"Bearer {ANNA}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test/api/v1", headers=signed
    ) as client:
        yield client


async def test_the_inbox_is_paged_by_cursor(world: World, web: httpx.AsyncClient) -> None:
    await world.sources.tell(*(conversion(ANNA) for _ in range(3)))
    await world.is_at(ANNA, 6)
    first = (await web.get("/notifications", params={"limit": 2})).json()
    rest = await web.get("/notifications", params={"limit": 2, "cursor": first["meta"]["next_cursor"]})
    assert (len(first["data"]), len(rest.json()["data"])) == (2, 1)
    assert rest.json()["meta"]["next_cursor"] is None
    assert first["data"][0]["params"]["to_amount"] == "500.00"


async def test_what_is_read_says_when(world: World, web: httpx.AsyncClient) -> None:
    await world.sources.tell(conversion(ANNA))
    await world.is_at(ANNA, 2)
    (one,) = (await web.get("/notifications")).json()["data"]
    assert one["read_at"] is None
    read = (await web.post(f"/notifications/{one['notification_id']}/read")).json()["data"]
    assert read["read_at"] is not None


async def test_another_persons_notification_answers_404(world: World, web: httpx.AsyncClient) -> None:
    bob = uuid4()
    await world.sources.tell(conversion(bob))
    await world.is_at(bob, 2)
    (one,), _ = await world.notifications.read_inbox(bob, before=None, offset=0, limit=1)
    refused = await web.post(f"/notifications/{one.notification_id}/read")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "notifications.unknown")


async def test_a_ticket_that_was_asked_for_opens_a_socket(world: World, web: httpx.AsyncClient) -> None:
    answer = await web.post("/ws/tickets")
    assert answer.status_code == 201
    caller = await world.notifications.take_ticket(answer.json()["data"]["ticket"])
    assert caller.investor_id == ANNA
