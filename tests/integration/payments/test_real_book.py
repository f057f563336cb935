"""What people do with payments in review, against the real ledger: its books agree, and say what we say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

import pytest

from capitalino.contracts.ledger.api import Account, AmendAccount, OpenAccounts, PostEntry, Posting
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.services.ledger.tables import schema as ledger_schema
from capitalino.services.payments.domain.payments import Conversion, State, Step, cash
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.service.conversion_acts import Wish
from capitalino.services.payments.tables import schema
from capitalino.venues.port import Unknown
from tests.integration.ledger.maker import Books, open_books
from tests.integration.payments.acts import HALF, ONE_BTC, Around, change, key, until_final
from tests.integration.payments.makers import Book, Wired, payments
from tests.integration.payments.staff import act, grant
from tests.support.database import FreshDatabase
from tests.support.sandbox import Sandbox

WORLD = "world:bank"


@pytest.fixture
async def db(fresh_database: FreshDatabase) -> Database:
    return await fresh_database.open(schema)


@pytest.fixture
async def books(fresh_database: FreshDatabase) -> AsyncIterator[Books]:
    ledger = await fresh_database.open(ledger_schema)
    async with open_books(fresh_database, ledger) as made:
        yield made


class Both:
    """The ledger's APIs as one object, as the tests' book is."""

    def __init__(self, books: Books) -> None:
        self._parts = (books.entries, books.accounts)

    def __getattr__(self, name: str) -> Any:
        return next(getattr(part, name) for part in self._parts if hasattr(part, name))


async def lost(*_: Any, **_of: Any) -> None:
    raise Unknown("timeout", "no answer")


@asynccontextmanager
async def wired_to(db: Database, books: Books, sandbox: Sandbox, *, is_silent: bool) -> AsyncIterator[Wired]:
    venue: Any = Around.of(sandbox, **({"look_up": lost} if is_silent else {}))
    if is_silent:
        venue.after = lost
    async with payments(db, sandbox.venue_url, book=cast("Book", Both(books)), venue=venue) as made:
        yield made


async def begun(wired: Wired, books: Books) -> Conversion:
    """Somebody with a bitcoin has ordered to sell half of it."""
    investor = new_id()
    wanted = (Account(address=WORLD, asset="BTC", floor=None), Account(address=cash(investor), asset="BTC"))
    await books.accounts.open_accounts(OpenAccounts(accounts=wanted))
    given = Posting(source=WORLD, destination=cash(investor), asset="BTC", units=ONE_BTC)
    await books.entries.post_entry(PostEntry(entry_id=new_id(), code="test.post", postings=(given,)))
    conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
    return await wired.conversions.find(investor, conversion_id)


async def unresolved(wired: Wired, books: Books) -> Conversion:
    """Held, executed at the venue, which then says nothing."""
    one = await begun(wired, books)
    await wired.conversions._driver.drive(one.conversion_id)
    await change(wired.db, "update payments.conversion set tries = 8")
    await wired.conversions._driver.drive(one.conversion_id)
    found = await wired.conversions.find(one.investor_id, one.conversion_id)
    assert (found.state, found.step) == (State.IN_REVIEW, Step.SENT)
    assert (await books.balance(cash(one.investor_id), "BTC")).available == ONE_BTC // 2
    return found


async def said(wired: Wired, conversion_id: UUID) -> dict[tuple[str, int], str | None]:
    case = await wired.desk.queue.conversion(conversion_id)
    return {(word.what, word.number): word.state for word in case.ledger}


async def test_the_money_is_given_back_in_the_book(db: Database, books: Books, sandbox: Sandbox) -> None:
    async with wired_to(db, books, sandbox, is_silent=True) as wired:
        one = await unresolved(wired, books)
        assert await said(wired, one.conversion_id) == {
            ("hold", 1): "accepted",
            ("entry", 1): None,
            ("release", 1): None,
        }
        await grant(wired, (await act(wired, one.conversion_id, Act.GIVE_BACK)).approval_id)
        done = await until_final(wired, one.investor_id, one.conversion_id)
        assert (done.state, done.reason) == (State.REFUSED, "payments.given_back")
        assert (await said(wired, one.conversion_id))["release", 1] == "accepted"
        balance = await books.balance(cash(one.investor_id), "BTC")
        assert (balance.posted, balance.available) == (ONE_BTC, ONE_BTC)
    await books.agree()


async def test_an_executed_order_is_booked_in_the_book(db: Database, books: Books, sandbox: Sandbox) -> None:
    async with wired_to(db, books, sandbox, is_silent=True) as wired:
        one = await unresolved(wired, books)
        wish = Wish(Act.BOOK, attempt=1, base="0.5", quoted="20000.00")
        await grant(wired, (await act(wired, one.conversion_id, wish)).approval_id)
        done = await until_final(wired, one.investor_id, one.conversion_id)
        assert done.state is State.SETTLED
        euros = await books.balance(cash(one.investor_id), "EUR")
        assert euros.posted == one.quote.priced.given.units
        assert (await books.balance("world:venue:binance", "BTC")).posted == ONE_BTC // 2
        assert (await books.balance("world:venue:binance", "EUR")).posted == -2_000_000
    await books.agree()


async def test_what_a_frozen_account_has_stopped_is_tried_again_under_the_next_id(
    db: Database, books: Books, sandbox: Sandbox
) -> None:
    async with wired_to(db, books, sandbox, is_silent=False) as wired:
        one = await begun(wired, books)
        wanted = (Account(address=cash(one.investor_id), asset="EUR"),)
        await books.accounts.open_accounts(OpenAccounts(accounts=wanted))
        await freeze(books, one.investor_id, "freeze_in")
        await wired.conversions._driver.drive(one.conversion_id)
        stuck = await wired.conversions.find(one.investor_id, one.conversion_id)
        assert (stuck.state, stuck.reason) == (State.IN_REVIEW, "ledger.account_barred")
        assert (await said(wired, one.conversion_id))["entry", 1] == "refused"
        await freeze(books, one.investor_id, "unfreeze")
        await act(wired, one.conversion_id, Act.TRY_AGAIN)
        done = await until_final(wired, one.investor_id, one.conversion_id)
        assert done.state is State.SETTLED
        assert (await said(wired, one.conversion_id))["entry", 2] == "accepted"
    await books.agree()


async def freeze(books: Books, investor_id: UUID, state: Any) -> None:
    command = AmendAccount(
        change_id=new_id(),
        address=cash(investor_id),
        asset="EUR",
        state=state,
        by="compliance",
        reason="a test",
    )
    await books.accounts.amend_account(command)
