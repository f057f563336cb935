"""Conversions that cannot go on: they wait, end, or go to people; no money is held for ever or by mistake."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import pytest

from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import AppError, Kind
from capitalino.services.payments.domain.payments import Conversion, State, Step
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.store import conversions as store
from capitalino.services.payments.store.conversions import Move
from capitalino.services.payments.tables import schema
from capitalino.venues.circuits import Group
from capitalino.venues.guarded import Guarded
from capitalino.venues.port import Again, Never
from tests.integration.payments.acts import (
    HALF,
    ONE_BTC,
    Around,
    Later,
    change,
    convert,
    executed,
    key,
    rows,
    until_final,
)
from tests.integration.payments.makers import Book, Wired, away, payments
from tests.integration.payments.staff import act
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

PATIENT = {"book_within_s": 5.0}
"""A busy machine makes no book late."""


class Odd(AppError):
    """A refusal that says nothing about what is held."""

    code = "ledger.entry_id_reused"
    kind = Kind.CONFLICT


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def driven(wired: Wired, investor: UUID) -> Conversion:
    """Begun and driven once, as far as it goes."""
    conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
    await wired.conversions._driver.drive(conversion_id)
    return await wired.conversions.find(investor, conversion_id)


async def again(wired: Wired, one: Conversion) -> Conversion:
    """Driven once more."""
    await wired.conversions._driver.drive(one.conversion_id)
    return await wired.conversions.find(one.investor_id, one.conversion_id)


async def leave_alone(wired: Wired, seconds: int) -> None:
    """The venue asks for it."""

    async def throttled() -> None:
        raise Again("-1003", "too many", retry_after_s=seconds)

    with pytest.raises(Again):
        await cast("Guarded", wired.venue).circuits.call(Group.TRADING, throttled)


async def due_in_s(db: Database) -> float:
    """How long until the only conversion is taken up again."""
    ((at,),) = await rows(db, "select due_at from payments.conversion")
    return float((at - SYSTEM.now()).total_seconds())


@pytest.mark.parametrize("first", ["not yet begun", "waiting for the venue's rules"])
async def test_a_quote_that_ended_long_ago_is_not_ordered(db: Database, sandbox: Sandbox, first: str) -> None:
    clock = Later()
    async with payments(db, sandbox.venue_url, clock=clock) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        if first == "not yet begun":
            conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
        else:
            await sandbox.fail("instruments", "5xx")
            waiting = await driven(wired, investor)
            assert waiting.state is State.PENDING
            await sandbox.heal()
            conversion_id = waiting.conversion_id
        clock.ahead_s = 61  # locked for 30 seconds, and 30 of grace
        await change(db, "update payments.conversion set due_at = now()")
        done = await until_final(wired, investor, conversion_id)
        assert (done.state, done.reason) == (State.REFUSED, "payments.quote_expired")
        assert wired.book.of(investor, "BTC") == ONE_BTC
        assert not wired.book.holds
        assert await executed(db, sandbox) == []


async def test_a_quote_that_has_just_ended_is_still_kept(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
        await change(db, "update payments.quote set expires_at = now() - interval '20 seconds'")
        await wired.conversions._driver.drive(conversion_id)
        assert (await wired.conversions.find(investor, conversion_id)).state is State.SETTLED


async def test_what_the_venue_will_never_trade_gives_the_money_back(db: Database, sandbox: Sandbox) -> None:
    async def never(_: Any) -> None:
        raise Never("not_traded", "BTC/EUR is not traded there")

    async with payments(db, sandbox.venue_url, venue=Around.of(sandbox, instruments=never)) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        done = await driven(wired, investor)
        assert (done.state, done.reason) == (State.REFUSED, "payments.venue_refused")
        assert wired.book.of(investor, "BTC") == ONE_BTC


async def test_what_waits_too_long_for_our_own_goes_to_people(db: Database, sandbox: Sandbox) -> None:
    def fail(what: str, _when: str) -> None:
        if what == "capture":
            raise away("ledger")

    clock = Later()
    book = Book(fail=fail)
    async with payments(db, sandbox.venue_url, book=book, clock=clock) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        waiting = await driven(wired, investor)
        assert (waiting.state, waiting.step) == (State.PENDING, Step.FILLED)
        clock.ahead_s = 3590
        assert (await again(wired, waiting)).state is State.PENDING
        clock.ahead_s = 3610
        given_up = await again(wired, waiting)
        assert (given_up.state, given_up.reason) == (State.IN_REVIEW, "peer_unavailable")
        book.fail = lambda _what, _when: None
        await act(wired, waiting.conversion_id, Act.TRY_AGAIN)
        assert (await again(wired, waiting)).state is State.SETTLED


async def test_what_nobody_foresaw_is_tried_ever_more_slowly(db: Database, sandbox: Sandbox) -> None:
    def fail(_what: str, _when: str) -> None:
        raise LookupError("a mistake of ours")

    book = Book(fail=fail)
    async with payments(db, sandbox.venue_url, book=book) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        waiting = await driven(wired, investor)
        for _ in range(5):
            waiting = await again(wired, waiting)
        assert (waiting.state, waiting.tries) == (State.PENDING, 6)
        assert await due_in_s(db) > 30
        book.fail = lambda _what, _when: None
        assert (await again(wired, waiting)).state is State.SETTLED


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_hold_that_is_refused_oddly_is_given_back_if_it_is_there(
    db: Database, sandbox: Sandbox, when: str
) -> None:
    def fail(what: str, moment: str) -> None:
        if (what, moment) == ("hold", when):
            raise Odd("Another entry has this id.")

    async with payments(db, sandbox.venue_url, book=Book(fail=fail)) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        done = await driven(wired, investor)
        assert (done.state, done.reason) == (State.REFUSED, "ledger.entry_id_reused")
        assert [step for step, _ in done.timeline] == ["begun", "refusing", "released"]
        assert wired.book.of(investor, "BTC") == ONE_BTC
        assert not wired.book.holds


async def test_what_the_books_refuse_is_settled_when_people_have_mended_it(
    db: Database, sandbox: Sandbox
) -> None:
    book = Book(barred={"capture"})
    async with payments(db, sandbox.venue_url, book=book) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        stuck = await driven(wired, investor)
        for n in range(2, 4):
            assert (stuck.state, stuck.step, stuck.reason) == (
                State.IN_REVIEW,
                Step.FILLED,
                "ledger.account_barred",
            )
            assert stuck.entry_number == n
            await act(wired, stuck.conversion_id, Act.TRY_AGAIN, key=f"k{n}")
            if n == 3:
                book.barred.clear()
            stuck = await again(wired, stuck)
        assert stuck.state is State.SETTLED
        assert [step for step, _ in stuck.timeline] == ["begun", "held", "sent", "filled", "booked"]
        assert wired.book.of(investor, "EUR") == stuck.quote.priced.given.units
        ((entry_id,),) = await rows(db, "select entry_id from payments.conversion")
        assert book.entries[entry_id] == "capture"


async def test_a_release_that_the_books_refuse_is_for_people_too(db: Database, sandbox: Sandbox) -> None:
    book = Book(barred={"release"})
    await sandbox.fail("place", "429", rate=1, retry_after_s=0)
    async with payments(db, sandbox.venue_url, book=book) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        stuck = await driven(wired, investor)
        assert (stuck.state, stuck.step) == (State.IN_REVIEW, Step.REFUSING)
        book.barred.clear()
        await act(wired, stuck.conversion_id, Act.TRY_AGAIN)
        assert (await again(wired, stuck)).state is State.REFUSED
        assert wired.book.of(investor, "BTC") == ONE_BTC


async def test_a_venue_that_asks_for_a_pause_gets_it_and_nobody_sleeps(
    db: Database, sandbox: Sandbox
) -> None:
    clock = Later()
    clock.ahead_s = -9
    async with payments(db, sandbox.venue_url, clock=clock) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await sandbox.fail("place", "429", retry_after_s=9, times=1)
        async with asyncio.timeout(3):
            waiting = await driven(wired, investor)
        assert (waiting.state, waiting.step) == (State.PENDING, Step.HELD)
        assert 6 < await due_in_s(db) <= 9
        assert wired.book.of(investor, "BTC") == ONE_BTC // 2
        assert (await again(wired, waiting)).step is Step.HELD, "not asked before its time, whoever drives"
        clock.ahead_s = 0
        assert (await again(wired, waiting)).state is State.SETTLED


async def test_nobody_waits_for_a_venue_longer_than_the_quote_is_good_for(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await sandbox.fail("place", "429", retry_after_s=86_400, times=1)
        assert (await driven(wired, investor)).state is State.PENDING
        assert 50 < await due_in_s(db) < 62


async def test_a_look_that_was_not_taken_is_none(db: Database, sandbox: Sandbox) -> None:
    clock = Later()
    clock.ahead_s = -16
    async with payments(db, sandbox.venue_url, clock=clock, settings_of=PATIENT) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await sandbox.fail("place", "never_arrived", times=1)
        waiting = await driven(wired, investor)
        await leave_alone(wired, 2)
        for _ in range(9):
            assert (await again(wired, waiting)).state is State.UNKNOWN
        assert await rows(db, "select tries from payments.conversion") == [(1,)]
        assert await due_in_s(db) < 3, "it is looked up as soon as the venue may be asked"
        clock.ahead_s = 0
        assert (await again(wired, waiting)).state is State.SETTLED


async def test_an_order_that_nobody_may_be_asked_about_for_an_hour_goes_to_people(
    db: Database, sandbox: Sandbox
) -> None:
    clock = Later()
    async with payments(db, sandbox.venue_url, clock=clock, settings_of=PATIENT) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await sandbox.fail("place", "never_arrived", times=1)
        waiting = await driven(wired, investor)
        await leave_alone(wired, 4000)
        clock.ahead_s = 3605
        found = await again(wired, waiting)
        assert (found.state, found.reason) == (State.IN_REVIEW, "payments.unresolved")


async def test_every_state_is_noted_with_its_step(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await sandbox.fail("look_up", "5xx")
        await sandbox.fail("place", "executed_then_dropped", times=1)
        waiting = await driven(wired, investor)
        assert waiting.state is State.UNKNOWN
        await again(wired, waiting)
        await sandbox.heal()
        done = await again(wired, waiting)
        assert [step for step, _ in done.timeline] == ["begun", "held", "sent", "filled", "booked"]
    noted = await rows(db, "select step, state from payments.conversion_step order by number")
    assert [tuple(row) for row in noted] == [
        ("begun", "pending"),
        ("held", "pending"),
        ("sent", "pending"),
        ("sent", "unknown"),
        ("filled", "pending"),
        ("booked", "settled"),
    ]


async def test_a_conversion_that_has_ended_is_never_moved(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        done = await convert(wired, wired.investor(BTC=ONE_BTC))
    moves: tuple[Callable[[Tx], Awaitable[None]], ...] = (
        lambda tx: store.move(tx, done.conversion_id, (Move(Step.REFUSING),)),
        lambda tx: store.move(tx, done.conversion_id, (Move(Step.RELEASED, State.REFUSED),)),
        lambda tx: store.put_off(tx, done, 1, State.UNKNOWN),
    )
    for moved in moves:
        with pytest.raises(AssertionError, match="does not follow"):
            async with db.begin() as tx:
                await moved(tx)


async def test_who_has_seen_an_older_step_puts_nothing_off(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
        seen = await wired.conversions.find(investor, conversion_id)
        await sandbox.fail("place", "429", retry_after_s=9, times=1)
        waiting = await again(wired, seen)
        await wired.conversions._driver._progress.wait(seen, State.UNKNOWN, "late")
        assert (await wired.conversions.find(investor, conversion_id)) == waiting
        assert await due_in_s(db) > 5
