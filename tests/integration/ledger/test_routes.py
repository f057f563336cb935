"""The ledger over HTTP, with somebody signed in."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from capitalino.kit import http
from capitalino.kit.auth import Principal
from capitalino.kit.ids import new_id
from capitalino.services.ledger.routes import routes
from tests.integration.ledger.maker import SHOP, WORLD, Books, entry, hold


class SignedIn:
    """Stands for `kit.auth.Identify`: whoever comes is this principal."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal

    async def __call__(self, authorization: str | None, *, is_reading: bool) -> Principal:
        """The principal."""
        return self.principal


@pytest.fixture
def investor_id() -> UUID:
    """The investor that is signed in."""
    return new_id()


@pytest.fixture
async def client(books: Books, investor_id: UUID) -> AsyncIterator[httpx.AsyncClient]:
    """The ledger's routes, as that investor, who is on the staff as well."""
    app = FastAPI()
    http.install(app)
    app.include_router(routes(books.accounts, books.reading))
    identify = SignedIn(Principal(new_id(), new_id(), investor_id, frozenset({"auditor"})))

    async def signed_in(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["identify"] = identify
        await app(scope, receive, send)

    transport = httpx.ASGITransport(app=signed_in)
    async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as made:
        yield made


async def test_balances_are_the_investors_own_in_decimals_of_the_asset(
    books: Books, client: httpx.AsyncClient, investor_id: UUID
) -> None:
    own = f"investor:{investor_id}:cash"
    await books.open(own, f"{own}2", f"investor:{investor_id}:locked")
    await books.open(WORLD, own, asset="BTC")
    await books.give(own, 1250)
    await books.give(own, 100_000_000, "BTC")
    await books.give(f"{own}2", 5)
    await books.entries.hold_units(hold(own, SHOP, 50))
    answer = (await client.get("/api/v1/balances")).json()
    assert answer["success"] is True
    assert [(one["posted"], one["available"]["amount"], one["held"]["amount"]) for one in answer["data"]] == [
        ({"amount": "1.00000000", "asset": "BTC"}, "1.00000000", "0.00000000"),
        ({"amount": "12.50", "asset": "EUR"}, "12.00", "0.50"),
    ]


async def test_statements_come_in_pages_newest_first(
    books: Books, client: httpx.AsyncClient, investor_id: UUID
) -> None:
    own = f"investor:{investor_id}:cash"
    await books.open(own)
    for units in range(1, 6):
        await books.give(own, units)
    await books.entries.post_entry(entry(own, SHOP, 15, metadata={"quote_id": "q"}))
    seen, cursor = [], ""
    while True:
        page = (await client.get(f"/api/v1/statements?asset=EUR&limit=4{cursor}")).json()
        seen += [(one["amount"]["amount"], one["balance"]["amount"]) for one in page["data"]]
        if page["meta"]["next_cursor"] is None:
            break
        cursor = f"&cursor={page['meta']['next_cursor']}"
    assert seen == [
        ("-0.15", "0.00"),
        ("0.05", "0.15"),
        ("0.04", "0.10"),
        ("0.03", "0.06"),
        ("0.02", "0.03"),
        ("0.01", "0.01"),
    ]
    second = (await client.get("/api/v1/statements?asset=EUR&limit=4&page=2")).json()
    assert [one["amount"]["amount"] for one in second["data"]] == ["0.02", "0.01"]
    assert (second["meta"]["page"], second["meta"]["total"]) == (2, 6)


async def test_a_statement_of_an_asset_that_is_not_kept_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/statements?asset=XXX")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ledger.asset_unknown")


async def test_staff_see_the_trial_balance(books: Books, client: httpx.AsyncClient) -> None:
    await books.give(SHOP, 5)
    answer = (await client.get("/api/v1/admin/ledger/trial-balance")).json()
    assert [(one["root"], one["balance"]["amount"]) for one in answer["data"]] == [
        ("house", "0.05"),
        ("investor", "0.00"),
        ("world", "-0.05"),
    ]
