"""From the inventory a conversion is one entry of the real ledger, without an order."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.services.ledger.tables import schema as ledger_schema
from capitalino.services.payments.domain.payments import INVENTORY, Conversion, State, Step, cash
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.tables import schema
from tests.integration.ledger.maker import Books, open_books
from tests.integration.payments.acts import HALF, ONE_BTC, change, convert, key, until_final
from tests.integration.payments.killed import Place, World, kill, wired_to, world_of
from tests.integration.payments.staff import act, grant
from tests.integration.payments.test_kills import give, has
from tests.support.database import FreshDatabase
from tests.support.sandbox import Sandbox


@pytest.fixture
async def db(fresh_database: FreshDatabase) -> Database:
    return await fresh_database.open(schema)


@pytest.fixture
async def books(fresh_database: FreshDatabase) -> AsyncIterator[Books]:
    ledger = await fresh_database.open(ledger_schema)
    async with open_books(fresh_database, ledger) as made:
        yield made


def world(fresh: FreshDatabase, sandbox: Sandbox, **settings: Any) -> World:
    """Exchanged from the inventory."""
    return world_of(fresh, sandbox, **{"settlement": "inventory", **settings})


async def exchanged(there: World, books: Books, *, inventory: int, bitcoin: int = ONE_BTC) -> Conversion:
    """Half a bitcoin, by somebody who has so much."""
    investor = new_id()
    await give(books, cash(investor), "BTC", bitcoin)
    await give(books, INVENTORY, "EUR", inventory)
    async with wired_to(there) as wired:
        begun = await convert(wired, investor, HALF)
        return await until_final(wired, investor, begun.conversion_id)


async def test_it_settles_without_an_order(
    fresh_database: FreshDatabase, db: Database, books: Books, sandbox: Sandbox
) -> None:
    done = await exchanged(world(fresh_database, sandbox), books, inventory=3_000_000)
    assert (done.state, done.attempt) == (State.SETTLED, None)
    given = done.quote.priced.given.units
    assert await has(books, done.investor_id, "EUR") == (given, given)
    assert (await books.balance(INVENTORY, "BTC")).posted == ONE_BTC // 2
    assert (await books.balance("fees:conversion:00", "EUR")).posted == done.quote.priced.fee.units
    await books.agree()


@pytest.mark.parametrize(
    ("inventory", "bitcoin", "reason"),
    [
        (1_000_000, ONE_BTC, "payments.inventory_short"),
        (3_000_000, ONE_BTC // 4, "ledger.insufficient_funds"),
        (1_000_000, ONE_BTC // 4, "ledger.insufficient_funds"),
    ],
    ids=["the house", "the investor", "both"],
)
async def test_who_has_too_little_is_told(
    fresh_database: FreshDatabase,
    db: Database,
    books: Books,
    sandbox: Sandbox,
    inventory: int,
    bitcoin: int,
    reason: str,
) -> None:
    there = world(fresh_database, sandbox, inventory_short="refuse")
    done = await exchanged(there, books, inventory=inventory, bitcoin=bitcoin)
    assert (done.state, done.reason) == (State.REFUSED, reason)
    assert await has(books, done.investor_id, "BTC") == (bitcoin, bitcoin)
    assert (await books.balance(INVENTORY, "EUR")).posted == inventory
    await books.agree()


async def test_a_short_inventory_falls_back_on_an_order(
    fresh_database: FreshDatabase, db: Database, books: Books, sandbox: Sandbox
) -> None:
    done = await exchanged(world(fresh_database, sandbox), books, inventory=1_000_000)
    assert (done.state, done.settlement, done.entry_number) == (State.SETTLED, "back_to_back", 2)
    assert len(done.fills) == 1
    assert (await books.balance(INVENTORY, "EUR")).posted == 1_000_000
    await books.agree()


async def test_what_began_from_the_inventory_ends_so_whatever_is_set_then(
    fresh_database: FreshDatabase, db: Database, books: Books, sandbox: Sandbox
) -> None:
    there, later = world(fresh_database, sandbox), world(fresh_database, sandbox, settlement="back_to_back")
    investor = new_id()
    await give(books, cash(investor), "BTC", ONE_BTC)
    await give(books, INVENTORY, "EUR", 3_000_000)
    async with wired_to(there) as wired:
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
    async with wired_to(later) as wired:
        await wired.conversions._driver.drive(conversion_id)
        done = await wired.conversions.find(investor, conversion_id)
    assert (done.state, done.attempt) == (State.SETTLED, None)


@pytest.mark.parametrize("before", ["booked", "nothing"])
async def test_a_quote_that_ended_long_ago_is_not_exchanged_unless_it_was(
    fresh_database: FreshDatabase, db: Database, books: Books, sandbox: Sandbox, before: str
) -> None:
    there, investor = world(fresh_database, sandbox), new_id()
    await give(books, cash(investor), "BTC", ONE_BTC)
    await give(books, INVENTORY, "EUR", 3_000_000)
    async with wired_to(there) as wired:
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
        if before == "booked":
            assert await kill(there, Place("post_entry", "after"), conversion_id) == -9
        await change(db, "update payments.quote set expires_at = now() - interval '31 seconds'")
        await wired.conversions._driver.drive(conversion_id)
        done = await wired.conversions.find(investor, conversion_id)
    left = (await books.balance(INVENTORY, "EUR")).posted
    if before == "booked":
        assert done.state is State.SETTLED
        assert left < 3_000_000
    else:
        assert (done.state, done.reason) == (State.REFUSED, "payments.quote_expired")
        assert await has(books, investor, "BTC") == (ONE_BTC, ONE_BTC)
        assert left == 3_000_000
    await books.agree()


@pytest.mark.parametrize("by", ["time", "people"])
async def test_who_is_late_books_nothing_after_it_was_refused(
    fresh_database: FreshDatabase, db: Database, books: Books, sandbox: Sandbox, by: str
) -> None:
    there, investor = world(fresh_database, sandbox), new_id()
    await give(books, cash(investor), "BTC", ONE_BTC)
    await give(books, INVENTORY, "EUR", 3_000_000)
    async with wired_to(there) as wired:
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
        seen = await wired.conversions.find(investor, conversion_id)
        if by == "time":
            await change(db, "update payments.quote set expires_at = now() - interval '31 seconds'")
        else:
            await change(db, "update payments.conversion set state = 'in_review'")
            await grant(wired, (await act(wired, conversion_id, Act.GIVE_BACK)).approval_id)
        await wired.conversions._driver.drive(conversion_id)
        await wired.conversions._driver._steps[Step.BEGUN](seen)  # by who was paused before the entry
        done = await wired.conversions.find(investor, conversion_id)
    reason = {"time": "payments.quote_expired", "people": "payments.given_back"}[by]
    assert (done.state, done.reason) == (State.REFUSED, reason)
    assert (await books.balance(INVENTORY, "EUR")).posted == 3_000_000
    assert await has(books, investor, "BTC") == (ONE_BTC, ONE_BTC)
    await books.agree()
