"""Notes over HTTP, on a real database."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from capitalino.kit import http
from capitalino.kit.auth import Principal
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.services.example.routes import routes
from capitalino.services.example.service import Example
from capitalino.services.example.tables import schema
from tests.support.clock import SettableClock
from tests.support.database import Opener

ANNA, BERT = uuid4(), uuid4()


class Signed:
    """Takes every request as the investor whose id is its token."""

    async def __call__(self, authorization: str | None, *, is_reading: bool) -> Principal:
        """Who it is."""
        del is_reading  # every token stands here
        investor_id = UUID((authorization or "").removeprefix("Bearer "))
        return Principal(user_id=uuid4(), session_id=uuid4(), investor_id=investor_id)


@pytest.fixture
async def db(database: Opener) -> Database:
    """Its database, with the rights of the serving role."""
    return await database(schema)


@pytest.fixture
async def web(db: Database, clock: SettableClock) -> AsyncIterator[httpx.AsyncClient]:
    """The service behind the usual edge."""
    app = FastAPI()
    http.install(app)
    app.include_router(routes(Example(db, clock)))
    edged: Any = Edge(app, Signed(), show_stack=True)  # type: ignore[arg-type]
    base = "http://test/api/v1/example"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edged), base_url=base) as client:
        yield client


def by(investor: UUID, key: str = "one") -> dict[str, str]:
    return {"Authorization": f"Bearer {investor}", "Idempotency-Key": key}


async def test_a_note_is_kept_once_and_told_once(web: httpx.AsyncClient, db: Database) -> None:
    first, again = [await web.post("/notes", headers=by(ANNA), json={"text": " buy "}) for _ in range(2)]
    assert (first.status_code, first.json()["data"]["text"]) == (201, "buy")
    assert again.json()["data"] == first.json()["data"]
    other = await web.post("/notes", headers=by(ANNA), json={"text": "sell"})
    assert other.json()["error"]["code"] == "idempotency_key_reused"
    async with db.read() as tx:
        told = (await tx.conn.execute(text("select subject, key from example.outbox"))).all()
    assert told == [("example.note_kept.v1", first.json()["data"]["note_id"])]


async def test_an_empty_note_is_refused_and_nothing_is_kept(web: httpx.AsyncClient) -> None:
    refused = await web.post("/notes", headers=by(ANNA), json={"text": "  "})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "example.note_empty")
    assert (await web.get("/notes", headers=by(ANNA))).json()["data"] == []


async def test_notes_are_paged_newest_first_and_seen_by_their_owner_only(web: httpx.AsyncClient) -> None:
    for word in ("a", "b", "c"):
        await web.post("/notes", headers=by(ANNA, word), json={"text": word})
    first = (await web.get("/notes?limit=2", headers=by(ANNA))).json()
    cursor = first["meta"]["next_cursor"]
    rest = (await web.get(f"/notes?limit=2&cursor={cursor}", headers=by(ANNA))).json()
    assert [note["text"] for note in first["data"] + rest["data"]] == ["c", "b", "a"]
    assert rest["meta"]["next_cursor"] is None
    assert (await web.get("/notes", headers=by(BERT))).json()["data"] == []
    strange = await web.get("/notes?cursor=MTp4", headers=by(ANNA))
    assert strange.json()["error"]["code"] == "invalid_cursor"
