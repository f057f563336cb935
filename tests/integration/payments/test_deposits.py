"""Deposits and history: what arrives is on the books once, and nobody's money goes to somebody else."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.idempotency import Key
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.services.payments.domain import State
from capitalino.services.payments.errors import AssetUnknown, DepositUnsupported, PairUnsupported
from capitalino.services.payments.service.history import PastConversion, PastDeposit
from capitalino.services.payments.tables import schema
from tests.integration.payments.makers import Book, Wired, away, payments
from tests.support.database import Opener
from tests.support.sandbox import Sandbox

LONG_AGO = SYSTEM.now() - timedelta(days=400)


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def until(wired: Wired, done: object, within_s: float = 15) -> None:
    async with asyncio.timeout(within_s):
        while not done():  # type: ignore[operator]
            await wired.deposits.watch()
            await asyncio.sleep(0.1)


async def count(db: Database, state: str) -> int:
    async with db.begin() as tx:
        query = text("select count(*) from payments.deposit where state = :state")
        return int((await tx.conn.execute(query, {"state": state})).scalar_one())


async def test_an_address_stays_the_same_and_its_tag_is_the_investors_own(
    db: Database, sandbox: Sandbox
) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor, other = new_id(), new_id()
        mine = await asyncio.gather(*(wired.deposits.address(investor, "BTC") for _ in range(5)))
        theirs = await wired.deposits.address(other, "BTC")
        assert len({(one.address, one.tag) for one in mine}) == 1
        assert theirs.tag != mine[0].tag
        with pytest.raises(DepositUnsupported):
            await wired.deposits.address(investor, "EUR")
        with pytest.raises(AssetUnknown):
            await wired.deposits.address(investor, "DOGE")


async def test_what_arrives_is_credited_once_to_whom_the_tag_names(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor = new_id()
        address = await wired.deposits.address(investor, "BTC")
        await sandbox.deposit("BTC", "0.25", address.tag)
        await until(wired, lambda: wired.book.of(investor, "BTC"))
        for _ in range(3):
            await wired.deposits.watch()
        assert wired.book.of(investor, "BTC") == 25_000_000
        rows = await wired.deposits.page(investor, Page(limit=10))
        assert [(str(one.money), one.state) for _, one in rows] == [("0.25000000 BTC", State.SETTLED)]


async def test_money_that_nobody_can_be_told_for_is_kept_for_people(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        await sandbox.deposit("BTC", "0.1", "no such tag")
        async with asyncio.timeout(10):
            while not await count(db, "in_review"):
                await wired.deposits.watch()
                await asyncio.sleep(0.1)
        assert not wired.book.balances


async def test_a_ledger_that_is_away_delays_a_deposit(db: Database, sandbox: Sandbox) -> None:
    failures = iter(["before", "after"])
    waiting = [next(failures), next(failures)]

    def fail(what: str, when: str) -> None:
        if what == "post" and waiting and waiting[0] == when:
            waiting.pop(0)
            raise away("ledger")

    async with payments(db, sandbox.venue_url, book=Book(fail=fail)) as wired:
        investor = new_id()
        address = await wired.deposits.address(investor, "ETH")
        await sandbox.deposit("ETH", "1.5", address.tag)
        async with asyncio.timeout(15):
            while not await count(db, "settled"):
                try:
                    await wired.deposits.watch()
                except Exception:  # noqa: BLE001 - the loop that calls it tries again
                    await asyncio.sleep(0.1)
        assert wired.book.of(investor, "ETH") == 15 * 10**17


async def test_history_is_taken_over_on_its_day_and_once(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor, operator = new_id(), new_id()
        past = PastDeposit(investor, "EUR", "10000", "old-1", LONG_AGO, "bank")
        for _ in range(3):
            await wired.history.deposit(Key(operator, "past-deposit", "d1", "x"), past)
        exchange = PastConversion(
            investor, ("EUR", "BTC"), "5000", Decimal(8000), LONG_AGO + timedelta(days=1)
        )
        ids = {
            await wired.history.conversion(Key(operator, "past-conversion", "c1", "x"), exchange)
            for _ in range(2)
        }
        done = await wired.conversions.find(investor, ids.pop())
        assert (done.state, done.attempt, ids) == (State.SETTLED, None, set())
        assert wired.book.of(investor, "EUR") == 500_000
        assert wired.book.of(investor, "BTC") == done.quote.priced.given.units > 62_000_000
        async with db.begin() as tx:
            dates = await tx.conn.execute(
                text("select payload->>'effective_at' from payments.outbox order by seq")
            )
            told = [datetime.fromisoformat(one) for one in dates.scalars()]
        assert told == [LONG_AGO, LONG_AGO + timedelta(days=1)]


async def test_history_goes_below_zero_no_more_than_today(db: Database, sandbox: Sandbox) -> None:
    async with payments(db, sandbox.venue_url) as wired:
        investor, operator = new_id(), new_id()
        exchange = PastConversion(investor, ("EUR", "BTC"), "5000", Decimal(8000), LONG_AGO)
        found = await wired.history.conversion(Key(operator, "past-conversion", "c1", "x"), exchange)
        assert (await wired.conversions.find(investor, found)).state is State.REFUSED
        pair = PastConversion(investor, ("EUR", "USD"), "1", Decimal(1), LONG_AGO)
        with pytest.raises(PairUnsupported):
            await wired.history.conversion(Key(operator, "past-conversion", "c2", "x"), pair)
