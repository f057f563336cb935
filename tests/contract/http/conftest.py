"""The running platform, one for the whole run, and people with every right that a route may ask for."""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from capitalino.app.demo.visitor import Visitor
from tests.support.sandbox import NO_TLS
from tests.support.shared_stack import running
from tests.support.stack import Stack

IS_FULL = os.environ.get("CAPITALINO_PROFILE") == "full"
__all__ = ["running"]
PASSWORD = "four unlikely words, ok"
STAFF = ("operator", "treasurer", "compliance", "support", "auditor", "admin")
GIVE = "insert into auth.role (user_id, role, given_at, given_by) values ($1, $2, now(), 'tests')"


@dataclass(frozen=True)
class Api:
    """Where the API is, and who may call it."""

    url: str
    """The services' own process: the edge would count requests."""
    edge: str
    investor: str
    spare: str
    """A token whose session the tests may end."""
    staff: str

    def token(self, path: str) -> str:
        """The token of somebody who may do it."""
        if path.startswith("/api/v1/admin/"):
            return self.staff
        return self.spare if path.startswith(("/api/v1/sessions", "/api/v1/totp")) else self.investor

    def headers(self, path: str) -> dict[str, str]:
        """A request by somebody who may do it."""
        return {"Authorization": f"Bearer {self.token(path)}"}


@pytest.fixture(scope="session")
def api(running: Stack) -> Api:
    """It, with people of this worker's own."""
    return asyncio.run(_people(running))


@pytest.fixture(scope="session")
def web(api: Api) -> Iterator[httpx.Client]:
    """A browser at the services, signed in as nobody."""
    with httpx.Client(base_url=api.url, trust_env=False, verify=NO_TLS, timeout=15) as client:
        yield client


async def _people(stack: Stack) -> Api:
    async with _visitor(stack) as investor, _visitor(stack) as spare, _visitor(stack, *STAFF) as staff:
        there = await investor.send("POST", "/api/v1/deposit-addresses", {"asset": "BTC"})
        body = {"asset": "BTC", "amount": "2", "address": there["address"], "tag": there["tag"]}
        async with httpx.AsyncClient(trust_env=False) as browser:
            sent = await browser.post(f"{stack.url}/sandbox/exchange/deposits", json=body)
            sent.raise_for_status()
        return Api(
            url=f"http://{stack.address('services')}",
            edge=stack.url,
            investor=investor._token,
            spare=spare._token,
            staff=staff._token,
        )


@asynccontextmanager
async def _visitor(stack: Stack, *roles: str) -> AsyncGenerator[Visitor]:
    """Somebody new, signed in."""
    async with Visitor.at(stack.url) as visitor:
        email = f"h{uuid4().hex[:12]}@capitalino.example"
        await visitor.register(email, PASSWORD)
        await visitor.confirm(email, 30)
        await visitor.set_up(email, PASSWORD)
        if roles:
            await _give(stack, UUID(visitor.user["user_id"]), roles)
            visitor._enter(await visitor.send("POST", "/api/v1/sessions/refreshes"))
        yield visitor


async def _give(stack: Stack, user_id: UUID, roles: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(stack.postgres_url())
    await connection.executemany(GIVE, [(user_id, role) for role in roles])
    await connection.close()
