"""From zero, by the entries alone: balances come out as they are kept, and what differs is named."""

import asyncio

from capitalino.services.ledger.store import chain as store
from tests.integration.ledger.maker import ALICE, Books
from tests.integration.ledger.past import proof_of, silent, some_hundreds, some_of_everything
from tests.integration.ledger.vandal import Vandal
from tests.support.database import FreshDatabase

COUNTERS = ("debits_posted", "credits_posted", "debits_pending", "credits_pending", "version")
ALICES = """
account_id = (select account_id from ledger.account
               where address = 'investor:alice:cash' and asset = 'EUR')"""
LINE_EDITS = (
    ("units = units + 1", "units is "),
    ("posted = posted + 1", "posted is "),
    ("held_out = held_out + 1", "held_out is "),
    ("held_in = held_in + 1", "held_in is "),
    ("book = 'game'", "book is game, the entries make it main"),
    ("shard = 1", "shard is 1, the entries make it 0"),
    ("recorded_at = recorded_at + interval '1 s'", "recorded_at is "),
    ("effective_at = now()", "effective_at is "),
    ("entry_id = gen_random_uuid()", "no posting of an accepted entry has made it"),
)


async def replayed(books: Books) -> list[str]:
    """What differs."""
    return await proof_of(books).replay(silent)


async def test_an_empty_book_comes_out_as_it_is(books: Books) -> None:
    assert await replayed(books) == []


async def test_a_book_with_some_of_everything_comes_out_as_it_is(books: Books) -> None:
    await some_of_everything(books)
    await some_hundreds(books, 50)
    said: list[str] = []
    assert await proof_of(books).replay(said.append) == []
    async with books.db.begin() as tx:
        total = await store.count_lines(tx)
    assert said[-1] == f"lines {total} of {total}"


async def test_lines_come_out_the_same_in_whatever_pieces(books: Books) -> None:
    await some_of_everything(books)
    for limit in (1, 2, 3, 7):
        account_id, version, lines = 0, 0, 0
        async with books.db.begin() as tx:
            while rows := await store.replay_lines(tx, account_id, version, limit):
                (last,) = rows  # nothing but the end of the piece
                account_id, version, lines = last.account_id, last.version, lines + last.lines
            assert lines == await store.count_lines(tx)


async def test_a_changed_counter_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    await some_of_everything(books)
    async with Vandal.at(fresh_database.url()) as vandal:
        for counter in COUNTERS:
            async with vandal.edited(f"update ledger.account set {counter} = {counter} + 1 where {ALICES}"):
                (said,) = await replayed(books)
                assert said.startswith(f"account {ALICE} EUR: {counter} is "), said
        async with vandal.edited(f"delete from ledger.account where {ALICES}"):
            assert any("debits_posted is nothing" in one for one in await replayed(books))


async def test_a_changed_line_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    await some_of_everything(books)
    async with Vandal.at(fresh_database.url()) as vandal:
        account_id = await vandal.sql.fetchval(f"select account_id from ledger.account where {ALICES}")
        for edit, what in LINE_EDITS:
            async with vandal.edited(f"update ledger.line set {edit} where {ALICES} and version = 3"):
                said = await replayed(books)
                assert said[0].startswith(f"line account {account_id}, version 3: {what}"), (edit, said)


async def test_a_line_too_few_or_too_many_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    await some_of_everything(books)
    async with Vandal.at(fresh_database.url()) as vandal:
        last = await vandal.sql.fetchval(f"select version from ledger.account where {ALICES}")
        async with vandal.edited(f"delete from ledger.line where {ALICES} and version = 4"):
            assert "version is 5, the entries make it 4" in (await replayed(books))[0]
        async with vandal.edited(f"delete from ledger.line where {ALICES} and version = {last}"):
            (said,) = await replayed(books)
            assert f"its last line is {last - 1}, the entries make it {last}" in said
        again = f"""
            insert into ledger.line
            select account_id, version + 1, recorded_at, effective_at, entry_id, shard, book, units, posted,
                   held_out, held_in
              from ledger.line where {ALICES} and version = {last}"""
        async with vandal.edited(again):
            said = "".join(await replayed(books))
            assert f"its last line is {last + 1}, the entries make it {last}" in said
            assert "no posting of an accepted entry has made it" in said


async def test_a_changed_entry_makes_other_balances(books: Books, fresh_database: FreshDatabase) -> None:
    ids = await some_of_everything(books)
    async with Vandal.at(fresh_database.url()) as vandal:
        for edit in (
            "units = '{51, 20, 5}'",
            "kind = 'hold'",
            "status = 10",
            "source = destination, destination = source",
        ):
            async with vandal.edited(f"update ledger.entry set {edit} where entry_id = '{ids['mixed']}'"):
                said = await replayed(books)
                assert any(one.startswith(f"account {ALICE} EUR: ") for one in said), edit
                assert any(one.startswith("line account ") for one in said), edit
        async with vandal.edited(f"delete from ledger.entry where entry_id = '{ids['mixed']}'"):
            assert any("no posting of an accepted entry" in one for one in await replayed(books))


async def test_what_follows_from_entries_is_compared(books: Books, fresh_database: FreshDatabase) -> None:
    ids = await some_of_everything(books)
    used = "insert into ledger.window_use select 'investor:bob:withdrawal', now(), gen_random_uuid(), 7"
    opened, taken = f"open_hold {ids['opened']}: ", f"reversed_posting {ids['mixed']}: "
    edits = {
        "delete from ledger.open_hold": f"{opened}it is missing: the hold is open",
        "update ledger.open_hold set expires_at = now()": f"{opened}it is not as the hold says",
        "update ledger.open_hold set hold_id = gen_random_uuid()": "the hold is not open",
        "delete from ledger.reversed_posting where units = 10": f"{taken}units are 0, the entries make it 10",
        "update ledger.reversed_posting set units = 9 where units = 10": f"{taken}units are 9, the entries",
        "update ledger.reversed_posting set original = 60 where units = 10": f"{taken}original is not what",
        "update ledger.window_use set units = 39": "units are 39, the entries make it 40",
        "delete from ledger.window_use": "units are 0, the entries make it 40",
        used: "units are 7, the entries make it 0",
    }
    async with Vandal.at(fresh_database.url()) as vandal:
        for edit, what in edits.items():
            async with vandal.edited(edit):
                said = await replayed(books)
                assert any(what in one for one in said), (edit, said)


async def test_a_replay_beside_postings_sees_no_difference(books: Books) -> None:
    posting = asyncio.ensure_future(some_hundreds(books, 600))
    while not posting.done():
        assert await replayed(books) == []
    await posting
    assert await replayed(books) == []
