"""The ledger's routes, and people who call them: an investor, another one, and staff of every role."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from capitalino.kit import http
from capitalino.kit.auth import STAFF, Principal
from capitalino.kit.clock import SYSTEM
from capitalino.kit.errors import Unauthenticated
from capitalino.kit.ids import new_id
from capitalino.services.ledger.routes import routes
from capitalino.services.ledger.service.desk import Desk
from tests.integration.ledger.maker import Books
from tests.integration.ledger.past import chain_of

ADMIN = "/api/v1/admin/ledger"


class People:
    """Stands for `kit.auth.Identify`: a token is a name, of staff their role and a number."""

    def __init__(self) -> None:
        self.investor_id = new_id()
        self._known: dict[str, Principal] = {
            "investor": Principal(new_id(), new_id(), self.investor_id),
            "stranger": Principal(new_id(), new_id(), new_id()),
            "insider": Principal(new_id(), new_id(), self.investor_id, frozenset({"operator", "compliance"})),
        }

    async def __call__(self, authorization: str | None, *, is_reading: bool) -> Principal:
        """Whose name it is."""
        if authorization is None:
            raise Unauthenticated("Sign in first.")
        return self.named(authorization.removeprefix("Bearer "))

    def named(self, name: str) -> Principal:
        """The principal."""
        role = name.rstrip("0123456789")
        if name not in self._known:
            assert role in STAFF, name
            self._known[name] = Principal(new_id(), new_id(), None, frozenset({role}))
        return self._known[name]


class Caller:
    """Sends requests in somebody's name."""

    def __init__(self, web: httpx.AsyncClient, people: People, desk: Desk) -> None:
        self.web, self.people, self.desk = web, people, desk

    @property
    def own(self) -> str:
        """The cash account of the investor."""
        return f"investor:{self.people.investor_id}:cash"

    async def send(
        self, method: str, path: str, who: str | None, *, key: str | None = None, **more: Any
    ) -> httpx.Response:
        """One request; with a key unless it is a GET or the key is empty."""
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {who}"
        if method != "GET" and key != "":
            headers["Idempotency-Key"] = key or str(new_id())
        return await self.web.request(method, path, headers=headers, **more)

    async def get(self, path: str, who: str = "auditor", **more: Any) -> Any:
        """The data of an answer that went well."""
        answer = await self.send("GET", path, who, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def post(
        self, path: str, body: Any, who: str = "operator", *, status: int = 201, **more: Any
    ) -> Any:
        """The same for a POST below the ledger's staff paths."""
        answer = await self.send("POST", f"{ADMIN}{path}", who, json=body, **more)
        assert answer.status_code == status, answer.text
        return answer.json()["data"]

    async def granted(self, asked: Any, who: str = "treasurer") -> Any:
        """Have somebody else say yes."""
        path = f"/approvals/{asked['approval_id']}/decisions"
        return await self.post(path, {"is_granted": True, "reason": "looked at it"}, who, key="")

    async def refused(
        self, method: str, path: str, who: str | None, *refusal: Any, **more: Any
    ) -> dict[str, Any]:
        """It is refused with this status and code; the error."""
        answer = await self.send(method, path, who, **more)
        error: dict[str, Any] = answer.json()["error"]
        assert (answer.status_code, error["code"]) == refusal, answer.text
        return error


@asynccontextmanager
async def open_desk(books: Books) -> AsyncGenerator[Caller]:
    """The routes over these books."""
    app, people = FastAPI(), People()
    desk = Desk.of(books.db, books.entries, books.accounts, books.reading, SYSTEM)
    http.install(app)
    app.include_router(routes(desk, chain_of(books)))

    async def signed_in(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["identify"] = people
        await app(scope, receive, send)

    transport = httpx.ASGITransport(app=signed_in)
    async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as web:
        yield Caller(web, people, desk)
