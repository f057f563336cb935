"""The chain: everything is sealed once, in the order of the events, and the head is signed in time."""

import asyncio

import asyncpg
import pytest
from structlog.testing import capture_logs

from capitalino.contracts.ledger.api import PostEntries
from capitalino.kit.crypto import Key
from capitalino.kit.db import StorageUnavailable
from capitalino.kit.pages import Page
from capitalino.services.ledger.adapters.signer import Signer, signer_of
from capitalino.services.ledger.service.chain import Often
from capitalino.services.ledger.settings import LedgerSettings
from capitalino.services.ledger.store import chain as store
from tests.integration.ledger import recomputed
from tests.integration.ledger.maker import ALICE, WORLD, Books, entry
from tests.integration.ledger.past import (
    SIGNER,
    chain_of,
    hashes,
    proof_of,
    refused,
    seal_all,
    silent,
    some_hundreds,
    some_of_everything,
)
from tests.support.clock import SettableClock
from tests.support.database import FreshDatabase

IDS = """
select array_agg(u.id order by b.number, u.place)
  from ledger.block b, unnest(b.entry_ids) with ordinality u(id, place)"""
EVENTS = "select array_agg(event_id order by xid, seq) from ledger.outbox"
WRITES = (
    "update ledger.block set hash = previous",
    "delete from ledger.block",
    "insert into ledger.block select * from ledger.block",
    "delete from ledger.checkpoint",
    "update ledger.checkpoint set key_id = 'k9'",
    "delete from ledger.unsealed_refusal",
)


async def test_an_empty_book_is_proved(books: Books) -> None:
    await chain_of(books).round()
    found = await proof_of(books).verify(tell=silent)
    assert (found.blocks, found.entries, found.checkpoints, found.waiting) == (0, 0, 0, 0)


async def test_everything_is_sealed_once_in_the_order_of_the_events(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await some_of_everything(books)
    await some_hundreds(books, 100)
    await seal_all(books.db, size=7)
    owner = await asyncpg.connect(fresh_database.url("ledger_owner"))
    sealed, told = await owner.fetchval(IDS), await owner.fetchval(EVENTS)
    turned_down = await owner.fetch("select entry_id from ledger.entry where status > 0 order by entry_id")
    sizes = await owner.fetchval("select array_agg(cardinality(entry_ids) order by number) from ledger.block")
    await owner.close()
    assert [one for one in sealed if one in set(told)] == told
    assert sorted(one for one in sealed if one not in set(told)) == [row["entry_id"] for row in turned_down]
    assert max(sizes) == 7, "full, unless something that runs elsewhere has held the next one up"
    found = await proof_of(books).verify(tell=silent)
    assert (found.blocks, found.entries, found.waiting) == (len(sizes), len(sealed), 0)


async def test_every_block_is_what_plain_python_makes_of_the_rows(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await some_of_everything(books)
    await some_hundreds(books, 30)
    await seal_all(books.db, size=9)
    found = await recomputed.chain(fresh_database.url("ledger_owner"))
    assert len(found) >= 5
    assert [kept for kept, _ in found] == [again for _, again in found]


async def test_refused_commands_alone_are_sealed(books: Books, fresh_database: FreshDatabase) -> None:
    await refused(books.entries.post_entry(entry(ALICE, WORLD, 10**9)))
    await seal_all(books.db)
    ((kept, again),) = await recomputed.chain(fresh_database.url("ledger_owner"))
    assert kept == again
    assert (await proof_of(books).verify(tell=silent)).entries == 1


async def test_two_sealers_at_once_seal_everything_once(
    books: Books, twin: Books, fresh_database: FreshDatabase
) -> None:
    posting = asyncio.ensure_future(some_hundreds(books, 300))
    sealers = [chain_of(books), chain_of(twin)]
    while not posting.done():
        await asyncio.gather(*(one.seal() for one in sealers))
    await seal_all(books.db)
    await proof_of(books).verify(tell=silent)
    owner = await asyncpg.connect(fresh_database.url("ledger_owner"))
    assert await owner.fetchval(IDS) == await owner.fetchval(EVENTS)
    await owner.close()


async def test_a_sealer_that_dies_leaves_nothing_half(books: Books, fresh_database: FreshDatabase) -> None:
    await some_of_everything(books)
    locker, watcher = [await asyncpg.connect(fresh_database.url()) for _ in range(2)]
    await locker.execute(
        "begin; lock table ledger.unsealed_refusal in share mode"
    )  # it is emptied after the block
    sealing = asyncio.ensure_future(chain_of(books).seal())
    waiting = """
        select pid from pg_stat_activity
         where wait_event_type = 'Lock' and query like '%ledger.seal%' and datname = $1"""
    for _ in range(500):
        if pid := await watcher.fetchval(waiting, fresh_database.name):
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("it never came so far")
    await watcher.fetchval("select pg_terminate_backend($1)", pid)
    with pytest.raises(StorageUnavailable):
        await sealing
    await locker.execute("rollback")
    assert await hashes(books) == []
    for one in (locker, watcher):
        await one.close()
    await seal_all(books.db)
    found = await proof_of(books).verify(tell=silent)
    assert (found.blocks, found.waiting) == (1, 0)


async def test_what_may_still_come_before_holds_up_the_seal(
    books: Books, fresh_database: FreshDatabase
) -> None:
    other = await asyncpg.connect(fresh_database.url())
    await other.execute("begin; select pg_current_xact_id()")
    await books.give(ALICE, 5)
    assert await chain_of(books).seal() == 0
    assert (await proof_of(books).verify(tell=silent)).waiting == 1
    await other.execute("rollback")
    await other.close()
    await seal_all(books.db)
    assert (await proof_of(books).verify(tell=silent)).entries == 1


async def test_what_has_waited_for_days_is_sealed_to_the_last(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await some_hundreds(books, 5)
    superuser = await asyncpg.connect(fresh_database.url())
    await superuser.execute("update ledger.outbox set written_at = written_at - interval '3 days'")
    await superuser.close()
    await seal_all(books.db, size=1)
    assert len(await hashes(books)) == 5


async def test_a_clock_that_was_days_ahead_does_not_hold_up_the_seal(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await books.give(ALICE, 5)
    superuser = await asyncpg.connect(fresh_database.url())
    await superuser.execute("update ledger.outbox set written_at = written_at + interval '5 days'")
    await superuser.close()
    await seal_all(books.db)
    await books.give(ALICE, 6)
    await seal_all(books.db)
    assert len(await hashes(books)) == 2


async def test_an_entry_whose_rows_are_missing_stops_the_chain_before_it(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await books.give(ALICE, 5)
    await seal_all(books.db)
    torn = await books.give(ALICE, 6)
    await books.give(ALICE, 7)
    superuser = await asyncpg.connect(fresh_database.url())
    await superuser.execute("delete from ledger.line where units = 6")
    await superuser.close()
    with capture_logs() as logged:
        async with asyncio.timeout(10):
            while not logged:  # what runs elsewhere on this server may hold it up
                await chain_of(books).seal()
    assert {(line["event"], line["entry_id"]) for line in logged} == {("chain.stopped", str(torn.entry_id))}
    assert len(await hashes(books)) == 1


async def test_the_head_is_signed_when_time_has_passed_or_blocks_have_come(
    books: Books, clock: SettableClock
) -> None:
    chain = chain_of(books, clock=clock, often=Often(60, 3))
    assert await chain.sign() is None, "there is nothing"
    await some_hundreds(books, 2)
    await seal_all(books.db, size=1)
    first = await chain.sign()
    assert first is not None
    assert (first.number, first.signed_at) == (2, clock.now())
    clock.advance(100)
    assert await chain.sign() is None, "it has not grown"
    await some_hundreds(books, 1)
    await seal_all(books.db)
    second = await chain.sign()
    assert second is not None, "it is time"
    await some_hundreds(books, 2)
    await seal_all(books.db, size=1)
    assert await chain.sign() is None, "neither time nor blocks"
    await some_hundreds(books, 1)
    await seal_all(books.db)
    third = await chain.sign()
    assert third is not None, "three blocks have come"
    assert [one.number for one in (second, third)] == [3, 6]
    assert (await proof_of(books).verify(tell=silent)).checkpoints == 3


async def test_what_does_not_follow_what_was_signed_is_not_signed(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await some_hundreds(books, 4)
    await seal_all(books.db, size=1)
    chain = chain_of(books)
    await chain.sign()
    await some_hundreds(books, 3)
    await seal_all(books.db, size=1)
    superuser = await asyncpg.connect(fresh_database.url())
    for edit in (
        "delete from ledger.block where number = 6",
        "update ledger.block set hash = previous where number = 4",
    ):
        await superuser.execute(edit)
        with capture_logs() as logged:
            assert await chain.sign() is None
        assert [line["event"] for line in logged] == ["chain.not_signed"]
    await superuser.close()


async def test_two_who_sign_at_once_keep_one_signature(books: Books, twin: Books) -> None:
    await books.give(ALICE, 5)
    await seal_all(books.db)
    made = await asyncio.gather(*(chain_of(one).sign() for one in (books, twin)))
    assert any(made)
    shown, _, _ = await chain_of(books).checkpoints(Page(limit=5))
    assert len(shown) == 1


async def test_only_the_hash_of_a_block_is_kept_as_a_checkpoint(books: Books, clock: SettableClock) -> None:
    await books.give(ALICE, 5)
    await seal_all(books.db)
    async with books.db.begin() as tx:
        assert not await store.keep(tx, store.Checkpoint(1, bytes(32), clock.now(), "k1", b"x"))
        assert not await store.keep(tx, store.Checkpoint(2, bytes(32), clock.now(), "k1", b"x"))


async def test_checkpoints_come_in_pages_newest_first(books: Books) -> None:
    chain = chain_of(books)
    for number in range(1, 6):
        await books.give(ALICE, number)
        await seal_all(books.db)
        await chain.sign()
    first, following, total = await chain.checkpoints(Page(limit=2))
    assert ([one.number for one in first], following, total) == ([5, 4], 4, None)
    second, following, _ = await chain.checkpoints(Page(limit=3, after=str(following)))
    assert ([one.number for one in second], following) == ([3, 2, 1], None)
    numbered, _, total = await chain.checkpoints(Page(limit=2, page=2))
    assert ([one.number for one in numbered], total) == ([3, 2], 5)


async def test_the_serving_role_cannot_write_the_chain(books: Books, fresh_database: FreshDatabase) -> None:
    await books.give(ALICE, 5)
    await seal_all(books.db)
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    for statement in WRITES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
    await app.close()


async def test_a_refused_command_that_was_taken_back_does_not_wait(books: Books) -> None:
    await books.entries.preview_entries(PostEntries(entries=(entry(ALICE, WORLD, 10**9),)))
    async with books.db.begin() as tx:
        assert await store.waiting(tx) == 0


async def test_a_key_that_signs_no_more_is_still_known(books: Books) -> None:
    await books.give(ALICE, 5)
    await seal_all(books.db)
    await chain_of(books).sign()
    renewed = Signer([Key("k2", bytes(32)), Key("k1", bytes(range(32)))])
    await books.give(ALICE, 6)
    await seal_all(books.db)
    signed = await chain_of(books, renewed).sign()
    assert signed is not None
    assert signed.key_id == "k2"
    assert (await proof_of(books, renewed).verify(tell=silent)).checkpoints == 2
    assert renewed.public_key("k1") == SIGNER.public_key("k1") != renewed.public_key("k2")


def test_keys_come_from_the_settings_and_production_wants_one() -> None:
    none = LedgerSettings(checkpoint_keys=None)
    assert signer_of(none, "development").key_id == "development"
    with pytest.raises(ValueError, match="CAPITALINO_LEDGER_CHECKPOINT_KEYS"):
        signer_of(none, "production")
    one, two = "A" * 43 + "=", "B" * 42 + "A="
    assert signer_of(LedgerSettings(checkpoint_keys=one), "production").key_id == "k1"  # type: ignore[arg-type]
    both = signer_of(LedgerSettings(checkpoint_keys=f"k2:{two}, k1:{one}"), "production")  # type: ignore[arg-type]
    assert both.key_id == "k2"
    assert both.public_key("k1")
    with pytest.raises(ValueError, match="every id once"):
        Signer([])


async def test_the_loop_seals_and_signs(books: Books) -> None:
    await some_hundreds(books, 3)
    chain = chain_of(books, often=Often(60, 1000))
    async with asyncio.timeout(20):
        while (found := await proof_of(books).verify(tell=silent)).waiting or not found.checkpoints:
            await chain.round()
    assert (found.entries, found.checkpoints) == (3, 1)
