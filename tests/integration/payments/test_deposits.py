"""Deposits: what arrives is on the books once, and nobody's money goes to somebody else."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.services.payments.domain.payments import State
from capitalino.services.payments.errors.payments import AssetUnknown, DepositUnsupported
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
