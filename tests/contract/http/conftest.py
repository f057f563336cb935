"""The running platform, one for the whole run, and people with every right that a route may ask for."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.contract.http.people import Person, new_person
from tests.support.sandbox import NO_TLS
from tests.support.shared_stack import running
from tests.support.stack import Stack

IS_FULL = os.environ.get("CAPITALINO_PROFILE") == "full"
__all__ = ["running"]
STAFF = ("operator", "treasurer", "compliance", "support", "auditor", "admin")


@dataclass(frozen=True)
class Api:
    """Where the API is, and who may call it."""

    url: str
    """The services' own process: the edge would count requests."""
    edge: str
    investor: Person
    spare: Person
    """Somebody whose session the tests may end."""
    staff: Person

    def headers(self, path: str) -> dict[str, str]:
        """A request by somebody who may do it."""
        return {"Authorization": f"Bearer {self._whose(path).token}"}

    def _whose(self, path: str) -> Person:
        if path.startswith("/api/v1/admin/"):
            return self.staff
        return self.spare if path.startswith(("/api/v1/sessions", "/api/v1/totp")) else self.investor


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
    async with (
        new_person(stack) as (visitor, investor),
        new_person(stack) as (_, spare),
        new_person(stack, *STAFF) as (_, staff),
    ):
        there = await visitor.send("POST", "/api/v1/deposit-addresses", {"asset": "BTC"})
        body = {"asset": "BTC", "amount": "2", "address": there["address"], "tag": there["tag"]}
        async with httpx.AsyncClient(trust_env=False) as browser:
            sent = await browser.post(f"{stack.url}/sandbox/exchange/deposits", json=body)
            sent.raise_for_status()
        return Api(
            url=f"http://{stack.address('services')}",
            edge=stack.url,
            investor=investor,
            spare=spare,
            staff=staff,
        )
