"""What staff read is noted before they see it, and what cannot be noted is not shown."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import text

from capitalino.app.build import application, build
from capitalino.app.catalog import chosen
from capitalino.kit import audit, http
from capitalino.kit.audit.reads import ADMIN, noting
from capitalino.kit.auth import Investor, Principal, Staff
from capitalino.kit.db import Database
from capitalino.kit.edge import Edge
from capitalino.kit.ids import new_id
from capitalino.kit.settings import Shared
from capitalino.services.users.tables import schema
from tests.support.database import FreshDatabase

HER, ANNA = new_id(), new_id()
PEOPLE = {
    "staff": Principal(HER, new_id(), None, frozenset({"support"})),
    "investor": Principal(ANNA, new_id(), ANNA),
}


async def identify(authorization: str | None, *, is_reading: bool) -> Principal:
    """Whoever it says."""
    return PEOPLE[authorization or ""]


@pytest.fixture
async def db(fresh_database: FreshDatabase) -> Database:
    return await fresh_database.open(schema)


@pytest.fixture
async def web(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A service with a page of a person, for staff and for that person."""
    router = APIRouter()

    @router.get(ADMIN + "people/{person}")
    async def read_person(person: str, _: Staff) -> dict[str, str]:
        return {"person": person}

    @router.get("/api/v1/people/me")
    async def read_own(_: Investor) -> dict[str, str]:
        return {}

    @router.post(ADMIN + "people")
    async def write(_: Staff) -> dict[str, str]:
        return {}

    app = FastAPI()
    http.install(app)
    app.include_router(router, dependencies=[Depends(noting(db))])
    edge: Any = Edge(app, identify, show_stack=True)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def rows(db: Database) -> list[tuple[str, str, str, str]]:
    async with db.begin() as tx:
        await audit.verify(tx)
        found = await tx.conn.execute(text("select principal, action, subject, details from users.audit"))
        return [tuple(row) for row in found]


async def test_a_read_of_staff_is_noted_with_who_and_of_whom(web: httpx.AsyncClient, db: Database) -> None:
    answer = await web.get(f"{ADMIN}people/{ANNA}?page=2", headers={"authorization": "staff"})
    assert answer.status_code == 200
    assert await rows(db) == [(str(HER), "users.read", f"people/{ANNA}", '{"query":{"page":"2"}}')]


async def test_own_things_writes_and_what_is_refused_are_no_reads(
    web: httpx.AsyncClient, db: Database
) -> None:
    as_investor, as_staff = {"authorization": "investor"}, {"authorization": "staff"}
    assert (await web.get("/api/v1/people/me", headers=as_investor)).status_code == 200
    assert (await web.get(f"{ADMIN}people/{ANNA}", headers=as_investor)).status_code == 403
    assert (await web.post(f"{ADMIN}people", headers=as_staff)).status_code == 200
    assert await rows(db) == []


async def test_what_cannot_be_noted_is_not_shown(
    web: httpx.AsyncClient, db: Database, fresh_database: FreshDatabase
) -> None:
    owner = Database(fresh_database.url(), schema)
    async with owner.begin() as tx:
        await tx.conn.execute(text("drop function users.audit_append"))
    await owner.close()
    answer = await web.get(f"{ADMIN}people/{ANNA}", headers={"authorization": "staff"})
    assert answer.status_code >= 500
    assert str(ANNA) not in answer.text


def test_every_route_of_every_service_is_covered() -> None:
    running = build(chosen(["all"]), Shared())
    kept = {one.module.name for one in running if one.database is not None}
    for route in iter_route_contexts(application(running).routes):
        if route.path is None or not route.path.startswith(ADMIN):
            continue
        names = [one.call.__qualname__ for one in route.dependant.dependencies]
        service = route.path.removeprefix(ADMIN).split("/")[0]
        assert service in kept, f"{route.path} is below the name of its service"
        assert any(name.startswith("noting.") for name in names), f"{route.path} is read unseen"
