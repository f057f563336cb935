"""The platform in both shapes, and people who use it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from capitalino.app.demo.visitor import Visitor
from tests.support.stack import Stack, platform

__all__ = ["platform"]
PASSWORD = "four unlikely words, ok"


@dataclass
class Person:
    """Somebody with an account, signed in."""

    visitor: Visitor
    email: str
    totp_secret: str

    @property
    def investor_id(self) -> str:
        """Whose money it is."""
        return str(self.visitor.user["investor_id"])

    async def get(self, path: str) -> Any:
        """Read."""
        return await self.visitor.send("GET", f"/api/v1{path}")

    async def post(self, path: str, body: Any, key: str | None = None) -> Any:
        """Ask for something, under a key of its own unless one is given."""
        return await self.visitor.send("POST", f"/api/v1{path}", body, key=key or str(uuid4()))

    async def balance(self, asset: str) -> str:
        """What may be spent of it."""
        found = {row["asset"]: row["available"]["amount"] for row in await self.get("/balances")}
        return str(found.get(asset, "0"))


async def eventually(found: Callable[[], Awaitable[Any]], within_s: float = 30) -> Any:
    """What `found` answers as soon as that is something."""
    async with asyncio.timeout(within_s):
        while not (answer := await found()):
            await asyncio.sleep(0.1)
    return answer


async def deposit(stack: Stack, person: Person, asset: str, amount: str) -> None:
    """Let somebody's coins arrive, and wait until they are on the books."""
    there = await person.post("/deposit-addresses", {"asset": asset})
    body = {"asset": asset, "amount": amount, "address": there["address"], "tag": there["tag"]}
    async with httpx.AsyncClient(trust_env=False) as web:
        (await web.post(f"{stack.url}/sandbox/exchange/deposits", json=body)).raise_for_status()
    before = await person.balance(asset)

    async def arrived() -> bool:
        return await person.balance(asset) != before

    await eventually(arrived)


@pytest.fixture
async def people(platform: Stack) -> AsyncGenerator[Callable[[], Awaitable[Person]]]:
    """`await people()` is a new investor, registered, confirmed, with a second factor, signed in."""
    async with AsyncExitStack() as kept:

        async def new() -> Person:
            return await person_at(platform, kept)

        yield new


async def person_at(stack: Stack, kept: AsyncExitStack) -> Person:
    """A new investor of this stack."""
    visitor = await kept.enter_async_context(Visitor.at(stack.url))
    email = f"p{uuid4().hex[:12]}@capitalino.example"
    await visitor.register(email, PASSWORD)
    await visitor.confirm(email, 30)
    return Person(visitor, email, await visitor.set_up(email, PASSWORD))
