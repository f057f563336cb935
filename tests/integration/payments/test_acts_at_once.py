"""Staff at once, the driver at once, a crash in between: it is done once, or not at all."""

import asyncio
from typing import Any

import asyncpg
import pytest
import structlog

from capitalino.kit.db import Database
from capitalino.services.payments.domain.payments import State, Step
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.errors.staff import (
    ActNotPossible,
    MovedOn,
)
from capitalino.services.payments.service.conversion_acts import Wish
from capitalino.services.payments.tables import schema
from tests.integration.payments.acts import (
    ONE_BTC,
    Around,
    Crash,
    change,
    rows,
    told,
    until_final,
)
from tests.integration.payments.makers import Book, payments
from tests.integration.payments.reviews import (
    FILL,
    again,
    begun,
    lost,
    not_booked,
    silent,
    unresolved,
)
from tests.integration.payments.staff import MARA, OMID, act, audited, grant, somebody
from tests.support.database import FreshDatabase, Opener
from tests.support.sandbox import Sandbox


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def test_two_who_act_at_once_do_it_once(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        answers = await asyncio.gather(
            *(act(wired, one.conversion_id, Act.TRY_AGAIN, who=somebody()) for _ in range(6)),
            return_exceptions=True,
        )
        refused = [each for each in answers if isinstance(each, ActNotPossible | MovedOn)]
        assert len(refused) == 5
    assert len(await audited(db, f"conversion:{one.conversion_id}")) == 1


async def test_of_two_that_are_granted_at_once_one_is_done(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url, venue=silent(sandbox, executes=True)) as wired:
        one = await unresolved(wired)
        back = await act(wired, one.conversion_id, Act.GIVE_BACK)
        book = await act(wired, one.conversion_id, FILL, who=OMID)
        answers = await asyncio.gather(
            grant(wired, back.approval_id, OMID), grant(wired, book.approval_id, MARA), return_exceptions=True
        )
        assert sum(isinstance(each, MovedOn) for each in answers) == 1
        done = await until_final(wired, one.investor_id, one.conversion_id)
        euros = wired.book.of(one.investor_id, "EUR")
        coins = wired.book.of(one.investor_id, "BTC")
        if done.state is State.SETTLED:
            assert (coins, euros) == (ONE_BTC // 2, one.quote.priced.given.units)
        else:
            assert (done.state, coins, euros) == (State.REFUSED, ONE_BTC, 0)
        assert not wired.book.holds
    assert len(await told(db)) == 1


async def test_what_has_gone_on_since_it_was_asked_for_is_left_alone(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        wanted = await act(wired, one.conversion_id, Act.GIVE_BACK)
        await act(wired, one.conversion_id, Act.TRY_AGAIN, key="try")
        stuck_again = await again(wired, one)  # refused once more, under the next id
        assert stuck_again.state is State.IN_REVIEW
        with pytest.raises(MovedOn):
            await grant(wired, wanted.approval_id)
        assert (await again(wired, one)).step is Step.FILLED


async def test_a_worker_that_comes_late_finds_the_money_given_back_and_says_so(
    db: Database, sandbox: Sandbox
) -> None:
    """It has sent the order, and stands still until people have given up."""
    venue: Any = Around.of(sandbox, look_up=lost)
    reached, let_go = asyncio.Event(), asyncio.Event()

    async def stands_still(*_: Any, **_of: Any) -> None:
        reached.set()
        await let_go.wait()

    venue.after = stands_still
    book = Book()
    async with (
        payments(db, sandbox.venue_url, book=book, venue=venue) as slow,
        payments(db, sandbox.venue_url, book=book, venue=silent(sandbox, executes=False)) as other,
    ):
        one = await begun(slow)
        driving = asyncio.create_task(slow.conversions._driver.drive(one.conversion_id))
        await reached.wait()
        await change(db, "update payments.conversion set tries = 8")
        assert (await again(other, one)).state is State.IN_REVIEW
        wanted = await act(other, one.conversion_id, Act.GIVE_BACK)
        await grant(other, wanted.approval_id)
        done = await until_final(other, one.investor_id, one.conversion_id)
        let_go.set()
        with structlog.testing.capture_logs() as logs:
            await driving
        assert "order.late" in [line["event"] for line in logs]
        assert done.state is State.REFUSED
        assert book.of(one.investor_id, "BTC") == ONE_BTC
    assert await rows(db, "select state from payments.attempt") == [("late",)]


async def test_driver_and_staff_at_once_move_it_once(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        wired.book.barred.clear()
        back = await act(wired, one.conversion_id, Act.GIVE_BACK)
        doing = [
            act(wired, one.conversion_id, Act.TRY_AGAIN, key="try"),
            grant(wired, back.approval_id),
            *(wired.conversions._driver.drive(one.conversion_id) for _ in range(4)),
        ]
        await asyncio.gather(*doing, return_exceptions=True)
        done = await until_final(wired, one.investor_id, one.conversion_id)
        euros, coins = wired.book.of(one.investor_id, "EUR"), wired.book.of(one.investor_id, "BTC")
        expected = {
            State.SETTLED: (ONE_BTC // 2, one.quote.priced.given.units),
            State.REFUSED: (ONE_BTC, 0),
        }
        assert (coins, euros) == expected[done.state]
    assert len(await told(db)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("what", "wish"), [("release", Wish(Act.GIVE_BACK)), ("capture", FILL)])
async def test_a_process_that_dies_on_the_way_is_taken_up(
    db: Database, sandbox: Sandbox, what: str, wish: Wish, when: str
) -> None:
    died: list[str] = []

    def fail(at: str, moment: str) -> None:
        if (at, moment) == (what, when) and not died:
            died.append(at)
            raise Crash

    book = Book(fail=fail)
    async with payments(db, sandbox.venue_url, book=book, venue=silent(sandbox, executes=True)) as wired:
        one = await unresolved(wired)
        wanted = await act(wired, one.conversion_id, wish)
        await grant(wired, wanted.approval_id)
        with pytest.raises(Crash):
            await wired.conversions._driver.drive(one.conversion_id)
    async with payments(db, sandbox.venue_url, book=book) as later:
        await change(db, "update payments.conversion set due_at = now()")
        done = await until_final(later, one.investor_id, one.conversion_id)
    assert died
    assert done.state is (State.REFUSED if what == "release" else State.SETTLED)
    assert book.of(one.investor_id, "BTC") == (ONE_BTC if what == "release" else ONE_BTC // 2)
    assert not book.holds
    assert len(await told(db)) == 1


FAILING = """
create function payments.dies() returns trigger language plpgsql as $$ begin raise exception 'here'; end $$;
create trigger dies before insert on payments.{table} for each row execute function payments.dies()"""


@pytest.mark.parametrize("table", ["audit", "conversion_step", "approval", "idempotency"])
async def test_an_act_that_dies_between_two_lines_has_done_nothing(
    fresh_database: FreshDatabase, db: Database, sandbox: Sandbox, table: str
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        wired.book.barred.clear()
        await _as_owner(fresh_database, FAILING.format(table=table))
        is_asked = table in ("approval", "idempotency")
        wish = Act.GIVE_BACK if is_asked else Act.TRY_AGAIN
        with pytest.raises(Exception, match="here"):
            await act(wired, one.conversion_id, wish)
        assert await rows(db, "select * from payments.idempotency where operation = 'conversion-act'") == []
        assert (await again(wired, one)).state is State.IN_REVIEW
        await _as_owner(fresh_database, f"drop trigger dies on payments.{table}")
        done = await act(wired, one.conversion_id, wish)  # the same key again, as a client does
        assert not done.is_repeat
        if is_asked:
            await grant(wired, done.approval_id)
        final = await until_final(wired, one.investor_id, one.conversion_id)
        assert final.state is (State.REFUSED if is_asked else State.SETTLED)


async def test_a_decision_that_dies_between_two_lines_has_decided_nothing(
    fresh_database: FreshDatabase, db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        wanted = await act(wired, one.conversion_id, Act.GIVE_BACK)
        await _as_owner(fresh_database, FAILING.format(table="audit"))
        with pytest.raises(Exception, match="here"):
            await grant(wired, wanted.approval_id)
        assert wanted.approval_id is not None
        assert (await wired.desk.approvals.find(wanted.approval_id)).state == "asked"
        assert (await again(wired, one)).step is Step.FILLED
        await _as_owner(fresh_database, "drop trigger dies on payments.audit")
        await grant(wired, wanted.approval_id)
        assert (await until_final(wired, one.investor_id, one.conversion_id)).state is State.REFUSED


async def _as_owner(fresh_database: FreshDatabase, statements: str) -> None:
    connection = await asyncpg.connect(fresh_database.url())
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
