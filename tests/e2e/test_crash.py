"""Every part is killed under load. Afterwards the books agree, and what was begun has ended by itself."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from capitalino.app.demo.visitor import Refused
from capitalino.kit.db import Database
from capitalino.services.ledger.store.books import check_books
from capitalino.services.ledger.tables import schema as ledger
from tests.e2e.conftest import Person, deposit, eventually, person_at
from tests.support.stack import Stack

IS_FULL = os.environ.get("CAPITALINO_PROFILE") == "full"
CONVERSIONS = 150 if IS_FULL else 40
AT_ONCE = 10
VICTIMS = ["payments", "ledger", "notifications", "nats", "valkey", "postgres", "market", "sandbox"]
EACH = "0.001"
WITHIN_S = 90


@pytest.fixture(scope="module", params=["many", "one"] if IS_FULL else ["many"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A platform of our own: we break it."""
    made = Stack.start(tmp_path_factory.mktemp(f"crash-{request.param}"), request.param)
    yield made
    assert made.stop() == 0


@pytest.fixture
async def person(stack: Stack) -> AsyncGenerator[Person]:
    async with AsyncExitStack() as kept:
        found = await person_at(stack, kept)
        await deposit(stack, found, "BTC", "1")
        yield found


@pytest.fixture
async def books(stack: Stack) -> AsyncGenerator[Database]:
    database = Database(stack.postgres_url(), ledger)
    yield database
    await database.close()


async def convert(person: Person, key: str) -> str | None:
    """Ask for one conversion; None when no answer came, or only that a part is away."""
    try:
        done = await person.post(
            "/conversions", {"from_asset": "BTC", "to_asset": "EUR", "amount": EACH}, key
        )
    except (Refused, httpx.HTTPError, ValueError):
        return None
    return str(done["state"])


async def load(person: Person, keys: list[str]) -> list[str | None]:
    """So many conversions, some at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(key: str) -> str | None:
        async with gate:
            return await convert(person, key)

    return await asyncio.gather(*(one(key) for key in keys))


async def states(books: Database, person: Person) -> Counter[str]:
    """How far this investor's conversions are, read past every service."""
    query = text("select state from payments.conversion where investor_id = :investor")
    async with books.begin() as tx:
        rows = await tx.conn.execute(query, {"investor": person.investor_id})
        return Counter(rows.scalars())


async def given(books: Database, person: Person) -> Decimal:
    """What this investor's settled conversions promised, in EUR."""
    query = text(
        "select coalesce(sum(to_units), 0) from payments.conversion join payments.quote using (quote_id) "
        "where conversion.investor_id = :investor and state = 'settled'"
    )
    async with books.begin() as tx:
        units = (await tx.conn.execute(query, {"investor": person.investor_id})).scalar_one()
    return Decimal(units).scaleb(-2)


async def filled(books: Database) -> dict[str, Decimal]:
    """What payments has sold and booked, by order: one for each conversion that is settled."""
    query = text("select client_order_id, base_units from payments.attempt where state = 'filled'")
    settled = text("select count(*) from payments.conversion where state = 'settled'")
    async with books.begin() as tx:
        found = {row.client_order_id: row.base_units.scaleb(-8) for row in await tx.conn.execute(query)}
        assert len(found) == (await tx.conn.execute(settled)).scalar_one()
    return found


async def executed(stack: Stack) -> dict[str, Decimal]:
    """What the exchange has really executed, by order; each id once."""
    async with httpx.AsyncClient(trust_env=False) as web:
        state = (await web.get(f"{stack.url}/sandbox/exchange/state")).raise_for_status().json()
    orders = {one: rows for one, rows in state["orders"].items() if Decimal(rows[0]["executedQty"])}
    assert all(len(rows) == 1 for rows in orders.values()), "no order was executed twice under one id"
    return {one: Decimal(rows[0]["executedQty"]) for one, rows in orders.items()}


@pytest.mark.parametrize("victim", VICTIMS)
async def test_the_books_agree_after_a_crash(
    stack: Stack, person: Person, books: Database, victim: str
) -> None:
    keys = [str(uuid4()) for _ in range(CONVERSIONS)]
    loading = asyncio.create_task(load(person, keys))
    await asyncio.sleep(0.7)
    before = await states(books, person)
    killed = stack.kill(victim)
    ended_before = before["settled"] + before["refused"]
    assert not loading.done(), "the kill comes while somebody waits for an answer"
    assert ended_before < CONVERSIONS, "something was unfinished at the kill"
    answers = await loading
    await asyncio.to_thread(stack.wait_restarted, victim, killed)
    await asyncio.to_thread(stack.wait_ready)
    await books.engine.dispose()  # our own connection may have died with the victim

    async def ended() -> Any:
        return not (await states(books, person)).keys() - {"settled", "refused"}

    await eventually(ended, WITHIN_S)
    begun = await states(books, person)
    assert Counter(answers)["settled"] <= begun["settled"], "what was answered as settled stands"
    await agree(stack, person, books, begun["settled"])

    async def repeated() -> bool:
        return None not in await load(person, keys)

    await eventually(repeated, WITHIN_S)  # every client tries again with its own key
    await eventually(ended, WITHIN_S)
    after = await states(books, person)
    assert sum(after.values()) == CONVERSIONS, "each key is one conversion, however often it was sent"
    await agree(stack, person, books, after["settled"])
    await eventually(lambda: notified(books, person, sum(after.values())), WITHIN_S)


async def agree(stack: Stack, person: Person, books: Database, settled: int) -> None:
    """The ledger's invariants hold, each order was executed once, and the balances are right to the unit."""
    async with books.begin() as tx:
        assert await check_books(tx) == []
    left = 1 - settled * Decimal(EACH)
    found = await eventually(lambda: person.balance("BTC"))
    assert found == f"{left:.8f}"
    assert Decimal(await person.balance("EUR")) == await given(books, person)
    assert await executed(stack) == await filled(books), "what was executed is what was booked: nothing twice"


async def notified(books: Database, person: Person, count: int) -> bool:
    """Each conversion's end is told to its investor exactly once."""
    query = text(
        "select count(*), count(distinct params->>'conversion_id') from notifications.notification "
        "where investor_id = :investor and code like 'payments.conversion%'"
    )
    async with books.begin() as tx:
        total, different = (await tx.conn.execute(query, {"investor": person.investor_id})).one()
    assert total == different, "nothing is told twice"
    return bool(total == count)


def test_a_killed_parent_leaves_nothing_in_the_way(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("parent")
    first = Stack.start(folder)
    first.process.kill()
    first.process.wait()
    (folder / "up.log").unlink()
    second = Stack.start(folder)
    assert second.is_ready()
    assert second.stop() == 0
