"""What people do with payments in review: only what the state allows, once, and money only by two of them."""

from typing import Any

import pytest
import structlog

from capitalino.kit.approvals import OwnRequest
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, Forbidden
from capitalino.kit.idempotency import KeyReused
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import State, Step
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.errors.staff import (
    ActNotPossible,
    BooksDisagree,
    BooksUnread,
    FillInvalid,
    PaymentNotFound,
)
from capitalino.services.payments.service.conversion_acts import Wish
from capitalino.services.payments.tables import schema
from tests.integration.payments.acts import (
    ONE_BTC,
    Around,
    Later,
    change,
    executed,
    rows,
    told,
    until_final,
)
from tests.integration.payments.makers import Book, away, payments
from tests.integration.payments.reviews import (
    FILL,
    again,
    begun,
    not_booked,
    silent,
    throttled,
    unresolved,
)
from tests.integration.payments.staff import MARA, OMID, WHY, act, audited, grant, somebody
from tests.support.database import Opener
from tests.support.sandbox import Sandbox


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def test_trying_again_takes_one_person_and_goes_on_from_its_step(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        wired.book.barred.clear()
        done = await act(wired, one.conversion_id, Act.TRY_AGAIN)
        assert (done.approval_id, done.is_repeat) == (None, False)
        assert await wired.conversions.resume() == 1  # due at once
        settled = await wired.conversions.find(one.investor_id, one.conversion_id)
        assert settled.state is State.SETTLED
        assert wired.book.of(one.investor_id, "EUR") == one.quote.priced.given.units
    subject = f"conversion:{one.conversion_id}"
    assert await audited(db, subject) == [(str(MARA.user_id), "payments.conversion_try_again")]
    ((details,),) = await rows(db, "select details from payments.audit")
    assert WHY in details


async def test_giving_back_takes_two_and_the_money_is_there_again(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url, venue=silent(sandbox, executes=False)) as wired:
        one = await unresolved(wired)
        wanted = await act(wired, one.conversion_id, Act.GIVE_BACK)
        assert (await again(wired, one)).state is State.IN_REVIEW  # asked for, and nothing moves
        with pytest.raises(OwnRequest):
            await grant(wired, wanted.approval_id, MARA)
        await grant(wired, wanted.approval_id)
        done = await until_final(wired, one.investor_id, one.conversion_id)
        assert (done.state, done.reason) == (State.REFUSED, "payments.given_back")
        assert wired.book.of(one.investor_id, "BTC") == ONE_BTC
        assert not wired.book.holds
    assert await told(db) == ["payments.conversion_refused.v1"]
    assert await rows(db, "select state from payments.attempt") == [("never",)]
    subject = f"conversion:{one.conversion_id}"
    assert await audited(db, subject) == [(str(OMID.user_id), "payments.conversion_give_back")]


async def test_what_the_venue_has_executed_is_booked_as_people_have_found_it(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url, venue=silent(sandbox, executes=True)) as wired:
        one = await unresolved(wired)
        assert len(await executed(db, sandbox)) == 1
        wanted = await act(wired, one.conversion_id, FILL)
        await grant(wired, wanted.approval_id)
        done = await until_final(wired, one.investor_id, one.conversion_id)
        assert done.state is State.SETTLED
        assert wired.book.of(one.investor_id, "EUR") == one.quote.priced.given.units
        assert wired.book.balances["world:venue:binance", "BTC"] == ONE_BTC // 2
        assert wired.book.balances["world:venue:binance", "EUR"] == -2_000_000
        assert wired.book.total("EUR") == 0
        assert len(await executed(db, sandbox)) == 1
    assert await rows(db, "select state, base_units, quote_units from payments.attempt") == [
        ("filled", ONE_BTC // 2, 2_000_000)
    ]


async def test_a_late_order_is_booked_as_the_venue_has_told_it(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url, venue=Around.of(sandbox, place=throttled)) as wired:
        one = await again(wired, await begun(wired))
        assert one.step is Step.HELD
        late = "update payments.attempt set state = 'late', base_units = 50000000, quote_units = 1990000"
        await change(db, late)
        review = "update payments.conversion set state = 'in_review', reason = 'payments.order_late'"
        await change(db, review)
        with pytest.raises(ActNotPossible):  # it would order a second time
            await act(wired, one.conversion_id, Act.TRY_AGAIN)
        with pytest.raises(FillInvalid, match="venue has told us"):
            await act(wired, one.conversion_id, FILL)
        wanted = await act(wired, one.conversion_id, Wish(Act.BOOK, attempt=1))
        await grant(wired, wanted.approval_id)
        done = await until_final(wired, one.investor_id, one.conversion_id)
        assert done.state is State.SETTLED
        assert wired.book.balances["world:venue:binance", "EUR"] == -1_990_000
        assert await executed(db, sandbox) == []


async def test_the_machine_itself_never_orders_again_what_was_executed_late(
    db: Database, sandbox: Sandbox
) -> None:
    clock, venue = Later(), Around.of(sandbox, place=throttled)
    async with payments(db, sandbox.venue_url, venue=venue, clock=clock) as wired:
        one = await again(wired, await begun(wired))
        await change(db, "update payments.attempt set state = 'late'")
        clock.ahead_s = 20
        found = await again(wired, one)
        assert (found.state, found.reason) == (State.IN_REVIEW, "payments.order_late")
    assert len(await rows(db, "select * from payments.attempt")) == 1


async def test_giving_back_what_was_executed_leaves_the_order_for_treasury(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        wanted = await act(wired, one.conversion_id, Act.GIVE_BACK)
        with structlog.testing.capture_logs() as logs:
            await grant(wired, wanted.approval_id)
        assert "order.late" in [line["event"] for line in logs]
        done = await until_final(wired, one.investor_id, one.conversion_id)
        assert done.state is State.REFUSED
        assert wired.book.of(one.investor_id, "BTC") == ONE_BTC
        assert wired.book.of(one.investor_id, "EUR") == 0
    assert await rows(db, "select state, base_units from payments.attempt") == [("late", ONE_BTC // 2)]


async def test_what_is_booked_is_not_given_back_but_booked_here_too(db: Database, sandbox: Sandbox) -> None:
    """The entry stands, and we have never heard of it: an hour later people look at it."""

    def fail(what: str, when: str) -> None:
        if (what, when) == ("capture", "after"):
            raise away("ledger")

    clock, book = Later(), Book(fail=fail)
    async with payments(db, sandbox.venue_url, book=book, clock=clock) as wired:
        waiting = await again(wired, await begun(wired))
        clock.ahead_s = 3610
        one = await again(wired, waiting)
        assert (one.state, one.step) == (State.IN_REVIEW, Step.FILLED)
        with pytest.raises(BooksDisagree):
            await act(wired, one.conversion_id, Act.GIVE_BACK)
        book.fail = lambda _what, _when: None
        await act(wired, one.conversion_id, Act.TRY_AGAIN, key="again")
        assert (await again(wired, one)).state is State.SETTLED
        assert wired.book.of(one.investor_id, "EUR") == one.quote.priced.given.units


async def test_what_was_given_back_is_not_booked(db: Database, sandbox: Sandbox) -> None:
    def fail(what: str, when: str) -> None:
        if (what, when) == ("release", "after"):
            raise away("ledger")

    clock, book = Later(), Book(fail=fail)
    venue = silent(sandbox, executes=True)
    async with payments(db, sandbox.venue_url, book=book, clock=clock, venue=venue) as wired:
        first = await unresolved(wired)
        wanted = await act(wired, first.conversion_id, Act.GIVE_BACK)
        await grant(wired, wanted.approval_id)
        await again(wired, first)
        clock.ahead_s = 3610
        one = await again(wired, first)
        assert (one.state, one.step) == (State.IN_REVIEW, Step.REFUSING)
        with pytest.raises(BooksDisagree):
            await act(wired, one.conversion_id, FILL, key="book")
        book.fail = lambda _what, _when: None
        await act(wired, one.conversion_id, Act.TRY_AGAIN, key="again")
        done = await again(wired, one)
        assert (done.state, done.reason) == (State.REFUSED, "payments.given_back")
        assert wired.book.of(one.investor_id, "BTC") == ONE_BTC


async def test_nobody_decides_without_the_ledgers_word(db: Database, sandbox: Sandbox) -> None:
    class Deaf(Book):
        """Answers nothing that it is asked."""

        async def find_entry(self, query: Any) -> Any:
            raise away("ledger")

    async with payments(db, sandbox.venue_url, book=Deaf()) as wired:
        one = await not_booked(wired)
        with pytest.raises(BooksUnread):
            await act(wired, one.conversion_id, Act.GIVE_BACK)
    assert await rows(db, "select * from payments.approval") == []
    assert await rows(db, "select * from payments.idempotency where operation = 'conversion-act'") == []


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (Wish(Act.BOOK), FillInvalid),
        (Wish(Act.BOOK, attempt=2, base="0.5", quoted="20000"), FillInvalid),
        (Wish(Act.BOOK, attempt=1), FillInvalid),
        (Wish(Act.BOOK, attempt=1, base="0.6", quoted="24000"), FillInvalid),
        (Wish(Act.BOOK, attempt=1, base="0.5", quoted="200"), FillInvalid),
        (Wish(Act.BOOK, attempt=1, base="0.5", quoted="20000.001"), FillInvalid),
        (Wish(Act.GIVE_BACK, attempt=1), FillInvalid),
        (Wish(Act.CREDIT), ActNotPossible),
    ],
)
async def test_what_cannot_be_is_not_even_asked_for(
    db: Database, sandbox: Sandbox, wish: Wish, refusal: type[AppError]
) -> None:
    async with payments(db, sandbox.venue_url, venue=silent(sandbox, executes=False)) as wired:
        one = await unresolved(wired)
        with pytest.raises(refusal):
            await act(wired, one.conversion_id, wish)
        with pytest.raises(PaymentNotFound):
            await act(wired, new_id(), Act.TRY_AGAIN, key="other")
    assert await rows(db, "select * from payments.approval") == []


async def test_nothing_is_done_with_what_the_machine_still_works_on(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url, venue=silent(sandbox, executes=False)) as wired:
        one = await again(wired, await begun(wired))
        assert one.state is State.UNKNOWN
        for wanted in (Act.TRY_AGAIN, Act.GIVE_BACK, FILL):
            with pytest.raises(ActNotPossible):
                await act(wired, one.conversion_id, wanted)


async def test_nobody_touches_their_own_money(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        own = somebody(investor_id=one.investor_id)
        for wanted in (Act.TRY_AGAIN, Act.GIVE_BACK):
            with pytest.raises(Forbidden):
                await act(wired, one.conversion_id, wanted, who=own)
        wanted_back = await act(wired, one.conversion_id, Act.GIVE_BACK)
        with pytest.raises(Forbidden):
            await grant(wired, wanted_back.approval_id, own)
        assert (await again(wired, one)).state is State.IN_REVIEW


async def test_the_same_key_does_it_once_and_stands_for_one_act(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        one = await not_booked(wired)
        asks = [await act(wired, one.conversion_id, Act.GIVE_BACK) for _ in range(3)]
        assert [done.is_repeat for done in asks] == [False, True, True]
        assert len({done.approval_id for done in asks}) == 1
        with pytest.raises(KeyReused):
            await act(wired, one.conversion_id, Act.TRY_AGAIN)
        tries = [await act(wired, one.conversion_id, Act.TRY_AGAIN, key="try") for _ in range(2)]
        assert [done.is_repeat for done in tries] == [False, True]
    assert len(await rows(db, "select * from payments.approval")) == 1


async def test_an_expired_wish_is_no_wish(db: Database, sandbox: Sandbox) -> None:
    clock = Later()
    async with payments(db, sandbox.venue_url, clock=clock) as wired:
        one = await not_booked(wired)
        wanted = await act(wired, one.conversion_id, Act.GIVE_BACK)
        clock.ahead_s = 8 * 86_400
        with pytest.raises(AppError, match="not decided in time"):
            await grant(wired, wanted.approval_id)
        case = await wired.desk.queue.conversion(one.conversion_id)
        assert case.around.asked == []
