"""Conversions against a real database and a real exchange: money moves once, or not at all."""

import asyncio

import pytest
from sqlalchemy import text

from capitalino.kit.db import Database
from capitalino.kit.errors import AppError
from capitalino.kit.idempotency import KeyReused
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import Conversion, State, Wanted
from capitalino.services.payments.errors.payments import (
    AmountInvalid,
    AmountTooLarge,
    AmountTooSmall,
    ConversionNotFound,
    PairUnsupported,
    QuoteExpired,
    QuoteNotFound,
    QuoteUsed,
)
from capitalino.services.payments.service.conversions import Order
from capitalino.services.payments.tables import schema
from tests.integration.payments.acts import (
    HALF,
    ONE_BTC,
    Crash,
    Later,
    convert,
    drive_here,
    key,
    only_conversion,
    told,
    until_final,
)
from tests.integration.payments.makers import Book, away, payments
from tests.support.database import Opener
from tests.support.sandbox import Sandbox


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def test_a_conversion_settles_and_every_unit_is_accounted_for(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        done = await convert(wired, investor)
        assert (done.state, done.reason) == (State.SETTLED, None)
        assert [step for step, _ in done.timeline] == ["begun", "held", "sent", "filled", "booked"]
        assert wired.book.of(investor, "BTC") == ONE_BTC // 2
        assert wired.book.of(investor, "EUR") == done.quote.priced.given.units == 1_994_004
        assert wired.book.balances["fees:conversion:00", "EUR"] == 1996
        assert wired.book.balances["spread:conversion:00", "EUR"] == 4000
        assert wired.book.balances["world:venue:binance", "BTC"] == ONE_BTC // 2  # sold there
        assert wired.book.total("EUR") == 0
        assert await told(db) == ["payments.conversion_settled.v1"]


async def test_buying_works_the_other_way_round(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(EUR=500_000)
        order = Order(pair=("EUR", "BTC"), amount="0.1", wanted=Wanted.EXACT_OUT)
        done = await convert(wired, investor, order)
        assert done.state is State.SETTLED
        assert wired.book.of(investor, "BTC") == ONE_BTC // 10
        assert wired.book.of(investor, "EUR") == 500_000 - done.quote.priced.taken.units
        assert wired.book.total("BTC") == 0


async def test_the_same_key_thirty_times_at_once_moves_money_once(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        before = len((await sandbox.state())["orders"])
        answers = await asyncio.gather(
            *(wired.conversions.convert(investor, key(investor), HALF) for _ in range(30))
        )
        assert len({one.conversion_id for one, _ in answers}) == 1
        assert [is_repeat for _, is_repeat in answers].count(False) == 1
        await until_final(wired, investor, answers[0][0].conversion_id)
        assert wired.book.of(investor, "BTC") == ONE_BTC // 2
        assert len((await sandbox.state())["orders"]) == before + 1


async def test_the_same_key_with_another_body_is_refused(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await wired.conversions.convert(investor, key(investor, {"amount": "0.5"}), HALF)
        with pytest.raises(KeyReused):
            await wired.conversions.convert(investor, key(investor, {"amount": "0.6"}), HALF)


async def test_too_little_money_is_refused_and_nothing_is_ordered(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC // 10)
        before = len((await sandbox.state())["orders"])
        done = await convert(wired, investor)
        assert (done.state, done.reason) == (State.REFUSED, "ledger.insufficient_funds")
        assert len((await sandbox.state())["orders"]) == before
        assert wired.book.of(investor, "BTC") == ONE_BTC // 10
        assert await told(db) == ["payments.conversion_refused.v1"]


async def test_a_quote_is_used_once_however_many_try(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=2 * ONE_BTC)
        quote = await wired.quotes.offer(investor, ("BTC", "EUR"), "0.5", Wanted.EXACT_IN)
        order = Order(quote_id=quote.quote_id)
        answers = await asyncio.gather(
            *(convert(wired, investor, order, f"k{n}") for n in range(8)), return_exceptions=True
        )
        done = [one for one in answers if isinstance(one, Conversion)]
        assert len(done) == 1
        assert all(isinstance(one, QuoteUsed | QuoteExpired) for one in answers if one not in done)
        await until_final(wired, investor, done[0].conversion_id)
        assert wired.book.of(investor, "BTC") == 2 * ONE_BTC - ONE_BTC // 2


async def test_a_quote_ends(db: Database, sandbox: Sandbox) -> None:
    clock = Later()
    clock.ahead_s = -31  # made 31 seconds ago, for 30 seconds
    async with payments(db, sandbox.venue_url, clock=clock) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        quote = await wired.quotes.offer(investor, ("BTC", "EUR"), "0.5", Wanted.EXACT_IN)
        with pytest.raises(QuoteExpired):
            await convert(wired, investor, Order(quote_id=quote.quote_id))
        assert wired.book.of(investor, "BTC") == ONE_BTC


async def test_nobody_uses_or_sees_what_is_another_persons(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor, other = wired.investor(BTC=ONE_BTC), wired.investor(BTC=ONE_BTC)
        quote = await wired.quotes.offer(investor, ("BTC", "EUR"), "0.5", Wanted.EXACT_IN)
        with pytest.raises(QuoteNotFound):
            await convert(wired, other, Order(quote_id=quote.quote_id))
        done = await convert(wired, investor)
        with pytest.raises(ConversionNotFound):
            await wired.conversions.find(other, done.conversion_id)


@pytest.mark.parametrize(
    ("pair", "amount", "refusal"),
    [
        (("BTC", "ETH"), "1", PairUnsupported),
        (("EUR", "USD"), "100", PairUnsupported),
        (("LTC", "EUR"), "1", PairUnsupported),
        (("BTC", "EUR"), "0.00001", AmountTooSmall),
        (("BTC", "EUR"), "0", AmountInvalid),
        (("BTC", "EUR"), "0.123456789", AmountInvalid),
        (("BTC", "EUR"), "1000", AmountTooLarge),
    ],
)
async def test_what_cannot_be_exchanged_is_said_at_once(
    db: Database, sandbox: Sandbox, pair: tuple[str, str], amount: str, refusal: type[AppError]
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        with pytest.raises(refusal):
            await wired.quotes.offer(new_id(), pair, amount, Wanted.EXACT_IN)


async def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        before = len((await sandbox.state())["orders"])
        await sandbox.fail("place", "executed_then_dropped", times=1)
        done = await convert(wired, investor)
        done = await until_final(wired, investor, done.conversion_id)
        assert done.state is State.SETTLED
        assert len((await sandbox.state())["orders"]) == before + 1


async def test_an_order_that_never_arrived_is_held_until_that_is_certain(
    db: Database, sandbox: Sandbox
) -> None:
    clock = Later()
    clock.ahead_s = -16
    async with payments(db, sandbox.venue_url, clock=clock) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await sandbox.fail("place", "never_arrived", times=1)
        done = await convert(wired, investor)
        assert done.state in (State.UNKNOWN, State.PENDING)
        assert wired.book.of(investor, "BTC") == ONE_BTC // 2  # still held
        clock.ahead_s = 0  # now the venue would refuse the old order: a new one may be sent
        done = await until_final(wired, investor, done.conversion_id)
        assert done.state is State.SETTLED
        assert done.attempt is not None
        assert done.attempt.attempt == 2


async def test_a_venue_that_says_no_three_times_gives_the_money_back(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        await sandbox.fail("place", "429", rate=1)
        done = await convert(wired, investor)
        done = await until_final(wired, investor, done.conversion_id)
        assert (done.state, done.reason) == (State.REFUSED, "payments.venue_unavailable")
        assert wired.book.of(investor, "BTC") == ONE_BTC


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["hold", "capture"])
async def test_a_ledger_that_is_away_only_delays(
    db: Database, sandbox: Sandbox, what: str, when: str
) -> None:
    failed: list[str] = []

    def fail(at: str, moment: str) -> None:
        if (at, moment) == (what, when) and not failed:
            failed.append(at)
            raise away(at)

    async with payments(db, sandbox.venue_url, book=Book(fail=fail)) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        done = await convert(wired, investor)
        done = await until_final(wired, investor, done.conversion_id)
        assert done.state is State.SETTLED
        assert failed
        assert wired.book.of(investor, "BTC") == ONE_BTC // 2
        assert wired.book.of(investor, "EUR") == done.quote.priced.given.units


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["hold", "capture", "release"])
async def test_a_process_that_dies_between_two_steps_is_taken_up(
    db: Database, sandbox: Sandbox, what: str, when: str
) -> None:
    died: list[str] = []

    def fail(at: str, moment: str) -> None:
        if (at, moment) == (what, when) and not died:
            died.append(at)
            raise Crash

    book = Book(fail=fail)
    if what == "release":
        await sandbox.fail("place", "429", rate=1)
    async with payments(db, sandbox.venue_url, book=book) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        with pytest.raises(Crash):
            await drive_here(wired, investor)
    async with payments(db, sandbox.venue_url, book=book) as again:
        async with db.begin() as tx:
            await tx.conn.execute(text("update payments.conversion set due_at = now()"))
        done = await until_final(again, investor, await only_conversion(db))
        assert died
        assert done.state is (State.REFUSED if what == "release" else State.SETTLED)
        assert book.of(investor, "BTC") == (ONE_BTC if what == "release" else ONE_BTC // 2)
        assert not book.holds
        assert len(await told(db)) == 1


async def test_two_that_drive_the_same_conversion_send_one_order(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = wired.investor(BTC=ONE_BTC)
        conversion_id, _ = await wired.conversions._begin(investor, key(investor), HALF)
        before = len((await sandbox.state())["orders"])
        await asyncio.gather(*(wired.conversions._driver.drive(conversion_id) for _ in range(6)))
        done = await until_final(wired, investor, conversion_id)
        assert done.state is State.SETTLED
        assert len((await sandbox.state())["orders"]) == before + 1
        assert wired.book.of(investor, "BTC") == ONE_BTC // 2
        assert len(await told(db)) == 1
