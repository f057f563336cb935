"""kill -9 between every two steps of a conversion: whoever takes it up ends it, ordered and booked once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from capitalino.contracts.ledger.api import Account, OpenAccounts, PostEntry, Posting
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.services.ledger.tables import schema as ledger_schema
from capitalino.services.payments.domain.payments import INVENTORY, Conversion, State, cash
from capitalino.services.payments.service.conversions import Order
from capitalino.services.payments.tables import schema
from tests.integration.ledger.maker import Books, open_books
from tests.integration.payments.acts import HALF, ONE_BTC, change, executed, key, rows, told, until_final
from tests.integration.payments.killed import SPLIT, Place, World, kill, wired_to, world_of
from tests.support.database import FreshDatabase
from tests.support.sandbox import Sandbox

SIGKILLED = -9
WORLD = "world:bank"
HAS = 5 * ONE_BTC
LARGE = Order(pair=("BTC", "EUR"), amount="4")
"""More than the first level of any book."""


@pytest.fixture
async def db(fresh_database: FreshDatabase) -> Database:
    return await fresh_database.open(schema)


@pytest.fixture
async def books(fresh_database: FreshDatabase) -> AsyncIterator[Books]:
    ledger = await fresh_database.open(ledger_schema)
    async with open_books(fresh_database, ledger) as made:
        yield made


@pytest.fixture
def world(fresh_database: FreshDatabase, sandbox: Sandbox) -> World:
    return world_of(fresh_database, sandbox)


async def give(books: Books, address: str, asset: str, units: int) -> None:
    """From the world to somebody."""
    wanted = (
        Account(address=WORLD, asset=asset, floor=None),
        Account(address=address, asset=asset),
    )
    await books.accounts.open_accounts(OpenAccounts(accounts=wanted))
    given = Posting(source=WORLD, destination=address, asset=asset, units=units)
    await books.entries.post_entry(PostEntry(entry_id=new_id(), code="test.post", postings=(given,)))


async def killed_and_ended(
    world: World, db: Database, books: Books, place: Place, order: Order = HALF
) -> Conversion:
    """Begun here, driven by a child that is killed at the place, taken up and ended here."""
    investor = new_id()
    await give(books, cash(investor), "BTC", HAS)
    async with wired_to(world) as wired:
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), order)
        assert await kill(world, place, conversion_id) == SIGKILLED, "it came to its place"
        before = await wired.conversions.find(investor, conversion_id)
        assert before.state in (State.PENDING, State.UNKNOWN)
        await change(db, "update payments.conversion set due_at = now()")
        return await until_final(wired, investor, conversion_id)


async def has(books: Books, investor: UUID, asset: str) -> tuple[int, int]:
    """What an investor has, and may spend."""
    balance = await books.balance(cash(investor), asset)
    return balance.posted, balance.available


async def settled_once(books: Books, db: Database, sandbox: Sandbox, done: Conversion, orders: int) -> None:
    """Each unit is where it belongs, every order was executed once and is on the books."""
    assert done.state is State.SETTLED
    taken, given = done.quote.priced.taken.units, done.quote.priced.given.units
    assert await has(books, done.investor_id, "BTC") == (HAS - taken, HAS - taken)
    assert await has(books, done.investor_id, "EUR") == (given, given)
    assert len(await executed(db, sandbox)) == orders
    filled = "select count(*), sum(base_units) from payments.attempt where state = 'filled'"
    assert await rows(db, filled) == [(orders, taken if orders else None)]
    assert await told(db) == ["payments.conversion_settled.v1"]
    await books.agree()


ORDERED = [
    Place("open_accounts", "before"),  # begun
    Place("open_accounts", "after", 2),
    Place("hold_units", "after"),
    Place("instruments", "after"),
    Place("book", "after"),
    Place("place", "before"),  # written as sent
    Place("place", "after"),
    Place("open_accounts", "before", 3),  # written as filled
    Place("capture_hold", "before"),
    Place("capture_hold", "after"),
]


@pytest.mark.parametrize("place", ORDERED, ids=str)
async def test_an_ordered_conversion_ends_once(
    world: World, db: Database, books: Books, sandbox: Sandbox, place: Place
) -> None:
    if place == Place("place", "before"):
        # What was written as sent, and never was, is certain only when the venue would refuse it.
        world = replace(world, settings={"order_lost_after_s": 1})
    done = await killed_and_ended(world, db, books, place)
    await settled_once(books, db, sandbox, done, 1)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_look_up_that_was_cut_off_is_made_again(
    world: World, db: Database, books: Books, sandbox: Sandbox, when: str
) -> None:
    await sandbox.fail("place", "executed_then_dropped", times=1)
    done = await killed_and_ended(world, db, books, Place("look_up", when))
    await settled_once(books, db, sandbox, done, 1)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_money_is_given_back_once(
    world: World, db: Database, books: Books, sandbox: Sandbox, when: str
) -> None:
    await sandbox.fail("place", "429", rate=1, retry_after_s=0)
    done = await killed_and_ended(world, db, books, Place("release_hold", when))
    assert (done.state, done.reason) == (State.REFUSED, "payments.venue_unavailable")
    assert await has(books, done.investor_id, "BTC") == (HAS, HAS)
    assert await executed(db, sandbox) == []
    assert await told(db) == ["payments.conversion_refused.v1"]
    await books.agree()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_second_venue_is_asked_once(
    world: World, db: Database, books: Books, sandbox: Sandbox, when: str
) -> None:
    """The first says no, the process dies round the order at the second."""
    settings = {"order_lost_after_s": 1} if when == "before" else {}
    world = replace(world, names=("binance", "okx"), settings=settings)
    await sandbox.fail("place", "429", times=1, retry_after_s=0)
    done = await killed_and_ended(world, db, books, Place("place", when, nth=2))
    await settled_once(books, db, sandbox, done, 1)
    tried = await rows(db, "select venue, state from payments.attempt order by attempt")
    assert [tuple(one) for one in tried][:2] == [
        ("binance", "never"),
        ("okx", "never" if when == "before" else "filled"),
    ]


INVENTORY_PLACES = [Place("post_entry", when) for when in ("before", "after")]


@pytest.mark.parametrize("place", INVENTORY_PLACES, ids=str)
async def test_a_conversion_from_the_inventory_is_one_entry(
    world: World, db: Database, books: Books, sandbox: Sandbox, place: Place
) -> None:
    world = replace(world, settings={"settlement": "inventory"})
    await give(books, INVENTORY, "EUR", 3_000_000)
    done = await killed_and_ended(world, db, books, place)
    await settled_once(books, db, sandbox, done, 0)
    assert [step for step, _ in done.timeline] == ["begun", "booked"]
    left = await books.balance(INVENTORY, "EUR")
    priced = done.quote.priced
    assert left.posted == 3_000_000 - priced.given.units - priced.fee.units - priced.spread.units
    assert (await books.balance(INVENTORY, "BTC")).posted == ONE_BTC // 2


SHORT_PLACES = [
    Place("post_entry", "after"),
    Place("read_balances", "after"),
    Place("hold_units", "before"),  # written as back to back
]


@pytest.mark.parametrize("place", SHORT_PLACES, ids=str)
async def test_what_the_inventory_does_not_have_is_ordered(
    world: World, db: Database, books: Books, sandbox: Sandbox, place: Place
) -> None:
    world = replace(world, settings={"settlement": "inventory"})
    await give(books, INVENTORY, "EUR", 1_000_000)
    done = await killed_and_ended(world, db, books, place)
    await settled_once(books, db, sandbox, done, 1)
    assert (await books.balance(INVENTORY, "EUR")).posted == 1_000_000


SPLIT_PLACES = [Place("place", when, nth) for nth in (1, 2) for when in ("before", "after")]


@pytest.mark.parametrize("place", SPLIT_PLACES, ids=str)
async def test_an_order_in_two_parts_is_executed_once_each(
    world: World, db: Database, books: Books, sandbox: Sandbox, place: Place
) -> None:
    settings = {**SPLIT, "order_lost_after_s": 1} if place.when == "before" else SPLIT
    world = replace(world, names=("binance", "okx"), settings=settings)
    done = await killed_and_ended(world, db, books, place, LARGE)
    filled = await rows(
        db,
        "select venue, base_units, left_units from payments.attempt where state = 'filled' order by attempt",
    )
    # The venue of a part that never arrived is not asked again: then the other one has all of it.
    parts = 1 if place == Place("place", "before") else 2
    assert len(filled) == parts, "an order so large is cheaper in two books"
    assert [one.left_units for one in filled] == [one.base_units for one in filled[1:]] + [0]
    await settled_once(books, db, sandbox, done, parts)
