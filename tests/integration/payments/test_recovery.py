"""Orders when everything goes wrong: each conversion is executed once, and no outcome is dropped."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from capitalino.kit.db import Database
from capitalino.services.payments.domain.payments import State, Step
from capitalino.services.payments.tables import schema
from capitalino.venues.port import Again
from tests.integration.payments.acts import (
    HALF,
    ONE_BTC,
    Around,
    Crash,
    Later,
    change,
    drive_here,
    executed,
    key,
    only_conversion,
    rows,
    told,
    until_final,
)
from tests.integration.payments.makers import Book, Wired, payments
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

DUE = "update payments.conversion set due_at = now()"


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def dies(*_: Any) -> None:
    """The process ends here."""
    raise Crash


async def begun(wired: Wired, investor: UUID) -> UUID:
    """A conversion that nobody drives yet."""
    return (await wired.conversions._begin(investor, key(investor), HALF))[0]


async def fills(db: Database) -> list[tuple[int, str]]:
    """Each order and what became of it."""
    found = await rows(db, "select attempt, state from payments.attempt order by attempt")
    return [(row.attempt, row.state) for row in found]


async def test_a_process_that_dies_before_its_order_is_sent_orders_anew_when_that_is_certain(
    db: Database, sandbox: Sandbox
) -> None:
    book, venue, past = Book(), Around.of(sandbox), Later()
    venue.before = dies
    past.ahead_s = -16
    async with payments(db, sandbox.venue_url, book=book, venue=venue, clock=past) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        with pytest.raises(Crash):
            await drive_here(wired, investor)
    assert await rows(db, "select step from payments.conversion") == [("sent",)]
    async with payments(db, sandbox.venue_url, book=book) as again:
        await change(db, DUE)
        done = await until_final(again, investor, await only_conversion(db))
    assert done.state is State.SETTLED
    assert await fills(db) == [(1, "never"), (2, "filled")]
    assert len(await executed(db, sandbox)) == 1


async def test_a_process_that_dies_with_its_order_executed_finds_it(db: Database, sandbox: Sandbox) -> None:
    book, venue = Book(), Around.of(sandbox)
    venue.after = dies
    async with payments(db, sandbox.venue_url, book=book, venue=venue) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        with pytest.raises(Crash):
            await drive_here(wired, investor)
    assert await rows(db, "select step from payments.conversion") == [("sent",)]
    async with payments(db, sandbox.venue_url, book=book) as again:
        await change(db, DUE)
        done = await until_final(again, investor, await only_conversion(db))
    assert done.state is State.SETTLED
    assert await fills(db) == [(1, "filled")]
    assert len(await executed(db, sandbox)) == 1
    assert book.of(investor, "EUR") == done.quote.priced.given.units


class Paused:
    """A worker that stands still at one place until it is let go."""

    def __init__(self) -> None:
        self.reached, self.let_go = asyncio.Event(), asyncio.Event()

    async def __call__(self, *_: Any) -> None:
        self.reached.set()
        await self.let_go.wait()


async def test_a_worker_that_was_paused_before_its_order_is_refused_by_the_venue(
    db: Database, sandbox: Sandbox
) -> None:
    book, venue, past, paused = Book(), Around.of(sandbox), Later(), Paused()
    venue.before = paused
    past.ahead_s = -16
    async with (
        payments(db, sandbox.venue_url, book=book, venue=venue, clock=past) as slow,
        payments(db, sandbox.venue_url, book=book) as other,
    ):
        investor = slow.investor(BTC=ONE_BTC)
        conversion_id = await begun(slow, investor)
        driving = asyncio.create_task(slow.conversions._driver.drive(conversion_id))
        await paused.reached.wait()
        await change(db, DUE)
        done = await until_final(other, investor, conversion_id)
        assert done.state is State.SETTLED
        paused.let_go.set()
        await driving
    assert await fills(db) == [(1, "never"), (2, "filled")]
    assert len(await executed(db, sandbox)) == 1


async def not_found(*_: Any, **_of: Any) -> None:
    """What a venue says that is late with its own news."""


async def test_an_order_that_is_executed_after_all_is_kept_and_shown(db: Database, sandbox: Sandbox) -> None:
    book, venue, past, paused = Book(), Around.of(sandbox), Later(), Paused()
    venue.after = paused
    past.ahead_s = -5
    blind = Around.of(sandbox, look_up=not_found)
    async with (
        payments(db, sandbox.venue_url, book=book, venue=venue, clock=past) as slow,
        payments(
            db, sandbox.venue_url, book=book, venue=blind, settings_of={"order_lost_after_s": 4}
        ) as other,
    ):
        investor = slow.investor(BTC=ONE_BTC)
        conversion_id = await begun(slow, investor)
        driving = asyncio.create_task(slow.conversions._driver.drive(conversion_id))
        await paused.reached.wait()
        await change(db, DUE)
        done = await until_final(other, investor, conversion_id)
        paused.let_go.set()
        await driving
        after = await other.conversions.find(investor, conversion_id)
    assert (done.state, after.state) == (State.SETTLED, State.SETTLED)
    assert await fills(db) == [(1, "late"), (2, "filled")]
    assert await rows(db, "select base_units from payments.attempt where state = 'late'") == [(ONE_BTC // 2,)]
    assert book.of(investor, "EUR") == done.quote.priced.given.units  # once
    assert len(await told(db)) == 1


async def test_a_late_order_stops_a_conversion_that_has_not_ended(db: Database, sandbox: Sandbox) -> None:
    async def throttled(_: Any) -> None:
        raise Again("-1003", "too many", retry_after_s=20)

    book, venue, past, paused = Book(), Around.of(sandbox), Later(), Paused()
    venue.after = paused
    past.ahead_s = -5
    blind = Around.of(sandbox, look_up=not_found, place=throttled)
    async with (
        payments(db, sandbox.venue_url, book=book, venue=venue, clock=past) as slow,
        payments(
            db, sandbox.venue_url, book=book, venue=blind, settings_of={"order_lost_after_s": 4}
        ) as other,
    ):
        investor = slow.investor(BTC=ONE_BTC)
        conversion_id = await begun(slow, investor)
        driving = asyncio.create_task(slow.conversions._driver.drive(conversion_id))
        await paused.reached.wait()
        await other.conversions._driver.drive(conversion_id)
        waiting = await other.conversions.find(investor, conversion_id)
        assert (waiting.state, waiting.step) == (State.PENDING, Step.HELD)
        paused.let_go.set()
        await driving
        found = await other.conversions.find(investor, conversion_id)
    assert (found.state, found.reason) == (State.IN_REVIEW, "payments.order_late")
    assert await fills(db) == [(1, "late"), (2, "never")]
    assert book.of(investor, "BTC") == ONE_BTC // 2  # held, until people have decided


async def test_the_same_fill_found_by_two_is_no_alarm(db: Database, sandbox: Sandbox) -> None:
    book, venue, paused = Book(), Around.of(sandbox), Paused()
    venue.after = paused
    async with (
        payments(db, sandbox.venue_url, book=book, venue=venue) as slow,
        payments(db, sandbox.venue_url, book=book) as other,
    ):
        investor = slow.investor(BTC=ONE_BTC)
        conversion_id = await begun(slow, investor)
        driving = asyncio.create_task(slow.conversions._driver.drive(conversion_id))
        await paused.reached.wait()
        await other.conversions._driver.drive(conversion_id)
        paused.let_go.set()
        await driving
        found = await other.conversions.find(investor, conversion_id)
    assert found.state is State.SETTLED
    assert await fills(db) == [(1, "filled")]


async def test_what_waits_for_its_venue_holds_nobody_else_up(db: Database, sandbox: Sandbox) -> None:
    async def slow(*_: Any, **_of: Any) -> None:
        await asyncio.sleep(0.5)

    book, venue = Book(), Around.of(sandbox, look_up=slow)
    venue.after = dies
    async with payments(db, sandbox.venue_url, book=book, venue=venue) as wired:
        for n in range(8):
            investor = wired.investor(BTC=ONE_BTC)
            conversion_id, _ = await wired.conversions._begin(investor, key(investor, name=f"k{n}"), HALF)
            with pytest.raises(Crash):
                await wired.conversions._driver.drive(conversion_id)
        await change(db, DUE)
        async with asyncio.timeout(3):
            assert await wired.conversions.resume() == 8
    assert await rows(db, "select distinct state from payments.conversion") == [("unknown",)]
