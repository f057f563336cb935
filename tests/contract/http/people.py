"""People with the rights that a route may ask for, whose tokens are renewed: a run outlasts them."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg
import httpx

from capitalino.app.demo.visitor import Visitor
from tests.support.sandbox import NO_TLS
from tests.support.stack import Stack

PASSWORD = "four unlikely words, ok"
GIVE = "insert into auth.role (user_id, role, given_at, given_by) values ($1, $2, now(), 'tests')"
RENEW_AFTER_S = 100


@dataclass
class Person:
    """Somebody signed in."""

    edge: str
    cookies: httpx.Cookies
    _token: str
    _renewed_at: float = field(default_factory=time.monotonic)

    @property
    def token(self) -> str:
        """A token that lasts for the next request, while the session does."""
        if time.monotonic() - self._renewed_at > RENEW_AFTER_S:
            self._renew()
        return self._token

    def _renew(self) -> None:
        self._renewed_at = time.monotonic()
        with httpx.Client(base_url=self.edge, cookies=self.cookies, trust_env=False, verify=NO_TLS) as web:
            answer = web.post("/api/v1/sessions/refreshes", headers={"X-Requested-With": "capitalino"})
            self.cookies = web.cookies
        if answer.is_success:  # else the session was ended by a test, as the spare one's may be
            self._token = answer.json()["data"]["access_token"]


@asynccontextmanager
async def new_person(stack: Stack, *roles: str) -> AsyncGenerator[tuple[Visitor, Person]]:
    """Somebody new with these roles, signed in: at the door, and for later."""
    async with Visitor.at(stack.url) as visitor:
        email = f"h{uuid4().hex[:12]}@capitalino.example"
        await visitor.register(email, PASSWORD)
        await visitor.confirm(email, 30)
        await visitor.set_up(email, PASSWORD)
        if roles:
            await _give(stack, UUID(visitor.user["user_id"]), roles)
            visitor.enter(await visitor.send("POST", "/api/v1/sessions/refreshes"))
        yield visitor, Person(stack.url, visitor._web.cookies, visitor.token)


async def _give(stack: Stack, user_id: UUID, roles: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(stack.postgres_url())
    await connection.executemany(GIVE, [(user_id, role) for role in roles])
    await connection.close()
