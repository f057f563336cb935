"""Programs that sign their requests with API keys, and another service that answers them."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Body, FastAPI

from capitalino.kit import http
from capitalino.kit.auth import (
    Fresh,
    Identify,
    InPerson,
    Investor,
    Principal,
    Scope,
    Somebody,
    Staff,
    investor_or_key,
)
from capitalino.kit.auth.signatures import text_of
from capitalino.kit.clock import SYSTEM
from capitalino.kit.edge import Edge
from tests.integration.auth.world import KeysOfApp, World, bearer

EMAIL = "sara@example.com"
Trader = Annotated[Principal, investor_or_key(Scope.TRADE)]
Payer = Annotated[Principal, investor_or_key(Scope.WITHDRAW)]


@dataclass
class Program:
    """Somebody's program, with a key, at an address; its requests are answered by another service."""

    key_id: str
    private: Ed25519PrivateKey
    web: httpx.AsyncClient

    def header(self, method: str, target: str, body: bytes = b"", **different: Any) -> str:
        """`Authorization` of a request."""
        path, _, query = target.partition("?")
        unix_s, nonce = different.get("unix_s", int(time.time())), different.get("nonce", token_urlsafe(16))
        text = text_of(method, path, query, body, unix_s, nonce, different.get("idempotency_key", ""))
        signature = urlsafe_b64encode(self.private.sign(text)).decode().rstrip("=")
        return f"Signature {self.key_id}:{unix_s}:{nonce}:{signature}"

    async def ask(self, method: str, target: str, body: bytes = b"", **different: Any) -> httpx.Response:
        """A signed request."""
        headers = {"Authorization": self.header(method, target, body, **different)}
        if body:
            headers["Content-Type"] = "application/json"
        return await self.web.request(
            method, target, content=body, headers=headers | different.get("more", {})
        )


class Elsewhere:
    """Another service, which knows of auth what it reads in Valkey and in the JWKS."""

    def __init__(self, world: World) -> None:
        app, keys = FastAPI(), KeysOfApp()
        keys.web = world.browser()
        http.install(app)

        @app.get("/balances")
        async def balances(who: Investor) -> UUID:
            return who.investor

        @app.post("/notes")
        async def unscoped(who: Somebody) -> UUID:
            return who.user_id

        @app.post("/quotes")
        async def trade(who: Trader, fresh: Fresh, amount: Annotated[str, Body(embed=True)] = "") -> str:
            fresh.demand(timedelta())
            return f"{who.investor} {amount}"

        @app.post("/withdrawals")
        async def pay(who: Payer) -> UUID:
            return who.investor

        @app.get("/staff")
        async def staff(who: Staff) -> UUID:
            return who.user_id

        @app.get("/person")
        async def person(who: InPerson) -> UUID:
            return who.user_id

        self.app: Any = Edge(app, Identify(keys, world.cache), show_stack=True)

    def at(self, address: str) -> httpx.AsyncClient:
        """A client of it from there."""
        transport = httpx.ASGITransport(self.app, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


@dataclass
class Scene:
    """A member, their session, and another service."""

    world: World
    web: httpx.AsyncClient
    opened: dict[str, Any]
    elsewhere: Elsewhere

    async def make(self, **different: Any) -> httpx.Response:
        """Ask for a key."""
        body = {"name": "My program", "scopes": ["read", "trade"], "networks": []}
        body["expires_at"] = (SYSTEM.now() + timedelta(days=30)).isoformat()
        return await self.web.post("/api/v1/api-keys", headers=bearer(self.opened), json=body | different)

    async def program(self, address: str = "192.0.2.7", **different: Any) -> Program:
        """A program with a key."""
        answer = await self.make(**different)
        assert answer.status_code == 201, answer.text
        made = answer.json()["data"]
        secret = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(made["private_key"] + "="))
        return Program(made["key"]["key_id"], secret, self.elsewhere.at(address))

    async def listed(self) -> list[dict[str, Any]]:
        """The member's keys."""
        answer = await self.web.get("/api/v1/api-keys", headers=bearer(self.opened))
        found: list[dict[str, Any]] = answer.json()["data"]
        return found


@pytest.fixture
async def scene(world: World) -> AsyncIterator[Scene]:
    async with world.browser() as web:
        yield Scene(world, web, await world.member(web, EMAIL), Elsewhere(world))
