"""Deposits that come late, after an outage, as dust, or are refused: none is lost or in the way."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.idempotency import Key
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import State, cash
from capitalino.services.payments.errors.payments import VenueAway
from capitalino.services.payments.service.history import PastDeposit
from capitalino.services.payments.store import deposits as store
from capitalino.services.payments.tables import schema
from capitalino.venues.port import Again, Deposit, DepositState
from tests.integration.payments.acts import Around, change, rows
from tests.integration.payments.makers import Book, Wired, payments
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

CREDITED, PENDING = DepositState.CREDITED, DepositState.PENDING


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


def ago(**much: float) -> datetime:
    return SYSTEM.now() - timedelta(**much)


class Listing:
    """What a venue lists. As a real one, it filters by when it has first seen a deposit."""

    def __init__(self) -> None:
        self.all: dict[str, Deposit] = {}
        self.asked: list[datetime] = []
        self.trouble: Again | None = None

    def put(
        self,
        name: str,
        tag: str,
        at: datetime,
        *,
        state: DepositState = CREDITED,
        amount: str = "0.1",
        network: str = "BTC",
    ) -> None:
        """One deposit, as it is listed from now on."""
        self.all[name] = Deposit(name, "BTC", network, Decimal(amount), "bc1", tag, "chain", state, at)

    async def deposits(self, since: datetime) -> tuple[Deposit, ...]:
        """Of the port."""
        self.asked.append(since)
        if self.trouble:
            raise self.trouble
        return tuple(sorted((one for one in self.all.values() if one.at >= since), key=lambda one: one.at))


@pytest.fixture
def listing() -> Listing:
    return Listing()


def there(sandbox: Sandbox, listing: Listing) -> Any:
    return Around.of(sandbox, deposits=listing.deposits)


async def investor_since(db: Database, wired: Wired, at: datetime) -> tuple[UUID, str]:
    """Somebody who was given an address then, and its tag."""
    investor = new_id()
    address = await wired.deposits.address(investor, "BTC")
    await change(
        db, "update payments.deposit_address set created_at = :at where tag = :tag", at=at, tag=address.tag
    )
    return investor, address.tag


async def states(db: Database) -> dict[str, tuple[str, str | None]]:
    found = await rows(db, "select reference, state, reason from payments.deposit")
    return {row.reference: (row.state, row.reason) for row in found}


async def test_a_deposit_that_is_confirmed_days_later_is_credited(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        investor, tag = await investor_since(db, wired, ago(days=10))
        listing.put("slow", tag, ago(days=4), state=PENDING)
        listing.put("quick", tag, ago(minutes=1))
        for _ in range(3):
            await wired.deposits.watch()
        assert wired.book.of(investor, "BTC") == 10_000_000
        listing.put("slow", tag, listing.all["slow"].at)
        await wired.deposits.watch()
        assert wired.book.of(investor, "BTC") == 20_000_000
        await wired.deposits.watch()
        assert listing.asked[-1] > ago(days=1, minutes=2)  # what is final is listed again for a day


async def test_what_arrived_while_nobody_was_looking_is_credited(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        investor, tag = await investor_since(db, wired, ago(days=20))
        await wired.deposits.watch()  # nothing there yet; then, for days, nobody looks
        listing.put("first", tag, ago(days=15))
        listing.put("last", tag, ago(minutes=1))
        await wired.deposits.watch()
        assert wired.book.of(investor, "BTC") == 20_000_000


async def test_taking_over_history_does_not_make_us_look_away(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        investor, tag = await investor_since(db, wired, ago(days=20))
        past = PastDeposit(investor, "EUR", "10", "old-1", ago(days=400), "crypto")
        await wired.history.deposit(None, Key(new_id(), "past", "d1", "x"), past)
        listing.put("one", tag, ago(days=3))
        await wired.deposits.watch()
        assert wired.book.of(investor, "BTC") == 10_000_000


async def test_a_list_that_was_not_stored_to_its_end_is_read_again(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        investor, tag = await investor_since(db, wired, ago(days=20))
        listing.put("before", tag, ago(days=9))
        listing.put("impossible", tag, ago(days=8), amount="1e40")
        listing.put("behind", tag, ago(minutes=1))
        with pytest.raises(DBAPIError):
            await wired.deposits.watch()
        assert await rows(db, "select * from payments.watermark") == []
        listing.put("impossible", tag, ago(days=8), amount="0.1")
        await wired.deposits.watch()
        assert wired.book.of(investor, "BTC") == 30_000_000


async def test_the_list_is_never_asked_for_from_farther_back_than_a_venue_gives(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        await investor_since(db, wired, ago(days=300))
        await wired.deposits.watch()
        assert ago(days=81) < listing.asked[0] < ago(days=79)


async def test_one_refused_deposit_does_not_hold_the_others_up(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    book = Book()
    async with payments(db, sandbox.venue_url, book=book, venue=there(sandbox, listing)) as wired:
        (frozen, first), (other, second) = [await investor_since(db, wired, ago(days=1)) for _ in range(2)]
        book.barred.add(cash(frozen))
        listing.put("frozen", first, ago(minutes=2))
        listing.put("other", second, ago(minutes=1))
        await wired.deposits.watch()
        assert await states(db) == {
            "frozen": ("in_review", "ledger.account_barred"),
            "other": ("settled", None),
        }
        book.barred.clear()
        assert await wired.deposits.settle_pending() == 0  # it waits for people
        await change(db, "update payments.deposit set state = 'pending' where state = 'in_review'")
        await wired.deposits.settle_pending()
        assert book.of(frozen, "BTC") == book.of(other, "BTC") == 10_000_000


async def test_a_deposit_that_has_ended_is_never_moved(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        _, tag = await investor_since(db, wired, ago(days=1))
        listing.put("one", tag, ago(minutes=2))
        await wired.deposits.watch()
    ((deposit_id,),) = await rows(db, "select deposit_id from payments.deposit where state = 'settled'")
    for state in (State.PENDING, State.IN_REVIEW, State.REFUSED, State.SETTLED):
        with pytest.raises(AssertionError, match="does not follow"):
            async with db.begin() as tx:
                await store.save_state(tx, deposit_id, state)


async def test_dust_is_refused_and_the_list_goes_on(db: Database, sandbox: Sandbox, listing: Listing) -> None:
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        investor, tag = await investor_since(db, wired, ago(days=1))
        listing.put("dust", tag, ago(minutes=2), amount="0.000000001")
        listing.put("more", tag, ago(minutes=1))
        await wired.deposits.watch()
        assert await states(db) == {
            "dust": ("refused", "payments.amount_too_small"),
            "more": ("settled", None),
        }
        assert wired.book.of(investor, "BTC") == 10_000_000


async def test_what_comes_by_another_network_is_for_people(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        investor, tag = await investor_since(db, wired, ago(days=1))
        listing.put("other", tag, ago(minutes=2), network="LIGHTNING")
        listing.put("nobody's", "no such tag", ago(minutes=2))
        await wired.deposits.watch()
        assert await states(db) == {
            "other": ("in_review", "payments.network_differs"),
            "nobody's": ("in_review", "payments.tag_unknown"),
        }
        assert wired.book.of(investor, "BTC") == 0


async def test_a_venue_that_asks_for_a_pause_is_left_alone_by_the_watch(
    db: Database, sandbox: Sandbox, listing: Listing
) -> None:
    listing.trouble = Again("-1003", "too many", retry_after_s=1)
    async with payments(db, sandbox.venue_url, venue=there(sandbox, listing)) as wired:
        began = SYSTEM.monotonic()
        with pytest.raises(VenueAway):
            await wired.deposits.watch()
        assert SYSTEM.monotonic() - began >= 1
