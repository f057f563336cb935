"""What the ledger proves of itself: broken books are named, events are told, times never run backwards."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from capitalino.contracts.ledger.api import PostEntry
from capitalino.contracts.ledger.events import EntryPosted
from capitalino.kit.clock import SYSTEM
from capitalino.kit.errors import PeerUnavailable
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.money import ASSETS
from capitalino.services.ledger.domain import StatementFilter
from capitalino.services.ledger.errors.entries import InsufficientFunds
from tests.integration.ledger.maker import (
    ALICE,
    BOB,
    SHOP,
    WORLD,
    Books,
    capture,
    entry,
    hold,
    posting,
    release,
)
from tests.support.database import FreshDatabase

EDITS = (
    (
        "update ledger.account set credits_posted = credits_posted + 1 where address = 'investor:alice:cash'",
        "debits and credits",
    ),
    ("update ledger.account set floor = 1000000 where address = 'investor:alice:cash'", "below its floor"),
    ("delete from ledger.line where units = 70 and posted = 70", "gaps"),
    ("update ledger.line set posted = posted + 1 where units = 70", "running balance"),
    ("update ledger.line set recorded_at = recorded_at - interval '1 day' where held_out = 5", "backwards"),
    ("update ledger.entry set units = '{71}' where kind = 'capture'", "what the entries moved"),
    ("delete from ledger.open_hold", "open holds"),
    ("delete from ledger.entry where kind = 'release'", "resolved"),
    ("delete from ledger.outbox where payload ->> 'kind' = 'post'", "one event"),
    ("delete from ledger.entry where kind = 'post'", "two lines"),
    ("update ledger.account set asset = 'USD' where address = 'house:shop'", "another asset"),
)


async def some_history(books: Books) -> None:
    """One entry of each kind, and a refused one."""
    await books.give(ALICE, 100)
    captured = await books.entries.hold_units(hold(ALICE, SHOP, 70))
    await books.entries.capture_hold(capture(captured.entry_id))
    released = await books.entries.hold_units(hold(ALICE, SHOP, 10))
    await books.entries.release_hold(release(released.entry_id))
    await books.entries.hold_units(hold(ALICE, SHOP, 5))
    with pytest.raises(InsufficientFunds):
        await books.entries.post_entry(entry(BOB, ALICE, 1))


async def test_a_row_edited_by_sql_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    await some_history(books)
    await books.agree()
    superuser = await asyncpg.connect(fresh_database.url())
    for edit, named in EDITS:
        await superuser.execute(f"begin; {edit}")
        broken = {row["broken"] for row in await superuser.fetch("select broken from ledger.check_books()")}
        assert any(named in sentence for sentence in broken), (edit, broken)
        await superuser.execute("rollback")
    await superuser.close()
    await books.agree()


async def test_every_accepted_entry_tells_one_event_with_the_balances_after_it(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await some_history(books)
    answer = await books.entries.post_entry(
        PostEntry(
            entry_id=new_id(),
            code="test.post",
            postings=(posting(WORLD, BOB, 10**30), posting(BOB, SHOP, 1)),
            metadata={"quote_id": "q1"},
        )
    )
    owner = await asyncpg.connect(fresh_database.url("ledger_owner"))
    rows = await owner.fetch("select * from ledger.outbox order by seq")
    await owner.close()
    told = [EntryPosted.model_validate_json(row["payload"]) for row in rows]
    assert [event.kind for event in told] == ["post", "hold", "capture", "hold", "release", "hold", "post"]
    assert [event.subject for event in told] == [row["subject"] for row in rows]
    assert [(event.event_id, event.key, event.book) for event in told] == [
        (row["event_id"], row["key"], row["book"]) for row in rows
    ]
    captured, last = told[2], told[-1]
    assert captured.refers_to == told[1].entry_id
    assert {(line.address, line.units, line.posted, line.held_out) for line in captured.lines} == {
        (ALICE, -70, 30, 0),
        (SHOP, 70, 70, 0),
    }
    assert (last.entry_id, last.metadata, last.recorded_at) == (
        answer.entry_id,
        {"quote_id": "q1"},
        answer.recorded_at,
    )
    assert last.effective_at == last.recorded_at
    newest = {
        line.address: (line.posted, line.version) for line in sorted(last.lines, key=lambda one: one.version)
    }
    assert newest == {one.address: (one.posted, one.version) for one in answer.balances}


async def test_recorded_at_goes_on_growing_when_the_clock_steps_back(
    books: Books, fresh_database: FreshDatabase
) -> None:
    ahead = SYSTEM.now() + timedelta(hours=2)
    superuser = await asyncpg.connect(fresh_database.url())
    await superuser.execute("update ledger.account set changed_at = $1 where address = $2", ahead, ALICE)
    await superuser.close()
    first, second = [(await books.give(ALICE, 1)).recorded_at for _ in range(2)]
    assert ahead < first < second


async def test_an_unknown_outcome_is_said_to_be_unknown_and_the_same_id_finds_out(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await books.give(ALICE, 1000)
    locker = await asyncpg.connect(fresh_database.url())
    watcher = await asyncpg.connect(fresh_database.url())  # a transaction looks only once who waits
    await locker.execute("begin; select from ledger.account for update")
    command = entry(ALICE, BOB, 10)
    asked = asyncio.ensure_future(books.entries.post_entry(command))
    waiting = """
        select pid from pg_stat_activity
         where wait_event_type = 'Lock' and query like '%post_batch%' and datname = $1"""
    for _ in range(500):
        if pid := await watcher.fetchval(waiting, fresh_database.name):
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("the posting never waited for the lock")
    await watcher.fetchval("select pg_terminate_backend($1)", pid)
    await watcher.close()
    with pytest.raises(PeerUnavailable):
        await asked
    await locker.execute("rollback")
    await locker.close()
    assert not (await books.entries.post_entry(command)).repeated
    assert (await books.entries.post_entry(command)).repeated
    assert (await books.balance(BOB)).posted == 10
    await books.agree()


async def test_a_caller_that_gives_up_does_not_take_the_command_back(books: Books) -> None:
    command = entry(WORLD, ALICE, 10)
    asked = asyncio.ensure_future(books.entries.post_entry(command))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert (await books.entries.post_entry(command)).repeated in {True, False}
    assert (await books.balance(ALICE)).posted == 10
    await books.agree()


async def test_the_book_keeps_the_assets_that_ship(books: Books) -> None:
    assert await books.reading.assets() == ASSETS


async def test_the_trial_balance_adds_up_to_nothing(books: Books) -> None:
    await some_history(books)
    totals = await books.reading.trial_balance()
    assert [(one.root, one.accounts, one.credits - one.debits, one.held) for one in totals] == [
        ("house", 1, 70, 0),
        ("investor", 2, 30, 5),
        ("world", 1, -100, 0),
    ]


async def test_a_statement_has_one_row_a_movement_and_pages_by_version(books: Books) -> None:
    await some_history(books)
    await books.give(ALICE, 1)
    lines, following, _ = await books.reading.statement(ALICE, "EUR", Page(limit=10), only=StatementFilter())
    assert [(one.kind, one.units, one.posted) for one in lines] == [
        ("post", 1, 31),
        ("capture", -70, 30),
        ("post", 100, 100),
    ]
    assert following is None
    first, following, _ = await books.reading.statement(ALICE, "EUR", Page(limit=1), only=StatementFilter())
    assert (first, following) == (lines[:1], lines[0].version)
    older, _, _ = await books.reading.statement(
        ALICE, "EUR", Page(limit=1, after=str(following)), only=StatementFilter()
    )
    assert older == [lines[1]]
