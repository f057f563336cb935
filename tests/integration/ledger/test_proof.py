"""Whatever is edited by SQL as a superuser, `verify` names it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from capitalino.kit.crypto import Key
from capitalino.kit.ids import new_id
from capitalino.services.ledger.adapters.signer import Signer
from capitalino.services.ledger.service.proof import BookBroken, Verified
from capitalino.services.ledger.store.chain import Checkpoint
from tests.integration.ledger.maker import ALICE, BOB, Books
from tests.integration.ledger.past import (
    chain_of,
    hashes,
    proof_of,
    seal_all,
    silent,
    some_hundreds,
    some_of_everything,
)
from tests.integration.ledger.vandal import Vandal
from tests.support.database import FreshDatabase

ENTRY_EDITS = (
    "fingerprint = gen_random_uuid()",
    "recorded_at = recorded_at + interval '1 microsecond'",
    "refers_to = gen_random_uuid()",
    "effective_at = now()",
    "expires_at = now()",
    "shard = 1",
    "status = 10",
    "kind = 'reverse'",
    "code = 'test.other'",
    "book = 'game'",
    "source = destination, destination = source",
    "units = '{51, 20, 5}'",
    "units = '{50.0, 20, 5}'",
    "source = source || 1::bigint, destination = destination || 2::bigint, units = units || 1::numeric",
    "reference_units = 1",
    "metadata = '{}'",
    "limit_key = 'investor:eve:withdrawal'",
)
LINE_EDITS = (
    "recorded_at = recorded_at + interval '1 microsecond'",
    "effective_at = now()",
    "entry_id = gen_random_uuid()",
    "shard = 1",
    "book = 'game'",
    "units = units - 1",
    "posted = posted + 1",
    "held_out = held_out + 1",
    "held_in = 1",
)
SWAP = """
update ledger.account set address = 'house:nobody' where address = 'investor:alice:cash' and asset = 'EUR';
update ledger.account set address = 'investor:alice:cash' where address = 'investor:bob:cash';
update ledger.account set address = 'investor:bob:cash' where address = 'house:nobody'"""
FORGE = """
do $$ declare b record; before bytea := decode(repeat('00', 32), 'hex'); begin
    for b in select * from ledger.block order by number loop
        if b.number >= {first} then
            update ledger.block n
               set previous = before, marks = x.marks,
                   hash = ledger.block_hash(before, n.number, n.sealed_at, n.xid, n.seq, n.written_at,
                                             x.leaves)
              from (select string_agg(leaf, '' order by no) as leaves,
                           string_agg(marks, '' order by no) as marks
                      from ledger.leaves(b.entry_ids, b.versions)) x
             where n.number = b.number;
        end if;
        select hash into before from ledger.block where number = b.number;
    end loop;
end $$"""
EXTRA_LINE = """
insert into ledger.line
    (account_id, version, recorded_at, entry_id, shard, book, units, posted, held_out, held_in)
values (1, 999, now(), '{}', 0, 'main', 0, 0, 0, 0)"""
COPY = """
insert into ledger.entry
select '{}'::uuid, e.fingerprint, e.recorded_at, e.refers_to, e.effective_at, e.expires_at, e.shard,
       e.status, e.kind, e.code, e.book, e.source, e.destination, e.units, e.reference_units, e.metadata,
       e.limit_key
  from ledger.entry e where e.entry_id = '{}'"""


async def named(books: Books, kept: Sequence[Checkpoint] = (), first: int = 1) -> str:
    """The sentence with which the proof fails."""
    with pytest.raises(BookBroken) as broken:
        await proof_of(books).verify(first=first, kept=kept, tell=silent)
    return str(broken.value)


async def holds(books: Books, kept: Sequence[Checkpoint] = ()) -> Verified:
    """The proof."""
    return await proof_of(books).verify(kept=kept, tell=silent)


async def test_a_changed_entry_is_named_whatever_the_column(
    books: Books, fresh_database: FreshDatabase
) -> None:
    ids = await some_of_everything(books)
    await seal_all(books.db, size=6)
    async with Vandal.at(fresh_database.url()) as vandal:
        for edit in ENTRY_EDITS:
            async with vandal.edited(f"update ledger.entry set {edit} where entry_id = '{ids['mixed']}'"):
                said = await named(books)
                assert said.startswith(
                    f"The entry ({ids['mixed']}) was changed after block 1 had sealed it"
                ), edit
    await holds(books)


async def test_a_changed_line_is_named_whatever_the_column(
    books: Books, fresh_database: FreshDatabase
) -> None:
    ids = await some_of_everything(books)
    await seal_all(books.db, size=6)
    async with Vandal.at(fresh_database.url()) as vandal:
        line = await vandal.sql.fetchrow(
            "select * from ledger.line where entry_id = $1 order by account_id, version offset 1",
            ids["mixed"],
        )
        key = f"account {line['account_id']}, version {line['version']}"
        which = f"account_id = {line['account_id']} and version = {line['version']}"
        for edit in LINE_EDITS:
            async with vandal.edited(f"update ledger.line set {edit} where {which}"):
                said = await named(books)
                assert said.startswith(f"The line ({key}) was changed after block 1 had sealed it"), (
                    edit,
                    said,
                )
        for edit in ("version = 99", "account_id = 99"):
            async with vandal.edited(f"update ledger.line set {edit} where {which}"):
                assert await named(books) == f"The line ({key}) is missing: block 1 has sealed it."


async def test_what_differs_is_said_where_the_event_tells(
    books: Books, fresh_database: FreshDatabase
) -> None:
    ids = await some_of_everything(books)
    await seal_all(books.db)
    one = f"where entry_id = '{ids['mixed']}'"
    async with Vandal.at(fresh_database.url()) as vandal:
        async with vandal.edited(f"update ledger.entry set code = 'test.other' {one}"):
            assert (await named(books)).endswith(": code is test.other, its event says test.mixed.")
        async with vandal.edited(f"update ledger.line set posted = posted + 1 {one} and units = 20"):
            assert (await named(books)).endswith(": posted is 9971, its event says 9970.")
        async with vandal.edited(
            f"update ledger.entry set metadata = '{{\"a\": \"2\"}}' where entry_id = '{ids['dated']}'"
        ):
            assert 'metadata is {"a": "2"}, its event says {"a": "1"' in await named(books)
        gone = "delete from ledger.outbox"
        async with vandal.edited(f"update ledger.entry set code = 'test.other' {one}; {gone}"):
            assert (await named(books)).endswith("was changed after block 1 had sealed it.")


async def test_a_changed_account_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    await some_of_everything(books)
    await seal_all(books.db)
    async with Vandal.at(fresh_database.url()) as vandal:
        alice, bob = [
            await vandal.sql.fetchval(
                "select account_id from ledger.account where address = $1 and asset = 'EUR'", one
            )
            for one in (ALICE, BOB)
        ]
        async with vandal.edited(SWAP):
            assert await named(books) == (
                f"The account ({alice}) was changed after block 1 had sealed it: "
                f"account.address is {BOB}, its event says {ALICE}."
            )
        async with vandal.edited(f"update ledger.account set asset = 'USD' where account_id = {bob}"):
            assert "account.asset is USD, its event says EUR" in await named(books)
        async with vandal.edited(f"delete from ledger.account where account_id = {bob}"):
            assert await named(books) == f"The account ({bob}) is missing: block 1 has sealed it."
        for counter in ("debits_posted", "credits_posted", "debits_pending", "credits_pending", "version"):
            edit = f"update ledger.account set {counter} = {counter} + 1 where account_id = {alice}"
            async with vandal.edited(edit):
                assert "do not agree" in await named(books), counter


async def test_what_is_gone_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    ids = await some_of_everything(books)
    await seal_all(books.db, size=6)
    await chain_of(books).sign()
    async with Vandal.at(fresh_database.url()) as vandal:
        for name in ("mixed", "refused"):
            async with vandal.edited(f"delete from ledger.entry where entry_id = '{ids[name]}'"):
                assert (await named(books)).startswith(f"The entry ({ids[name]}) is missing: block ")
        line = await vandal.sql.fetchrow("select * from ledger.line where entry_id = $1", ids["part"])
        account_id, version = line["account_id"], line["version"]
        async with vandal.edited(
            f"delete from ledger.line where account_id = {account_id} and version = {version}"
        ):
            assert (await named(books)).startswith(
                f"The line (account {account_id}, version {version}) is missing"
            )
        last = len(await hashes(books))
        async with vandal.edited("delete from ledger.block where number = 2"):
            assert await named(books) == "Block 2 is missing."
        async with vandal.edited(f"delete from ledger.block where number = {last}"):
            assert await named(books) == f"Block {last} is missing: the checkpoint {last} has its hash."
        one = f"(select min(number) from ledger.block where '{ids['refused']}' = any (entry_ids))"
        gone = f"delete from ledger.checkpoint; delete from ledger.block where number >= {one}"
        async with vandal.edited(gone):
            assert " is not sealed." in await named(books), "refused entries of that block wait nowhere"
    await holds(books)


async def test_what_was_slipped_in_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    ids = await some_of_everything(books)
    await seal_all(books.db)
    made = new_id()
    async with Vandal.at(fresh_database.url()) as vandal:
        for name in ("mixed", "refused"):
            async with vandal.edited(COPY.format(made, ids[name])):
                assert await named(books) == f"The entry ({made}) is not sealed."
        for entry_id in (made, ids["mixed"], ids["refused"]):
            async with vandal.edited(EXTRA_LINE.format(entry_id)):
                assert await named(books) == "The line (account 1, version 999) is not sealed."
        async with vandal.edited(
            "update ledger.block set entry_ids = entry_ids || entry_ids[1] where number = 1"
        ):
            assert await named(books) == "Block 1 itself was changed: its rows are as it has marked them."
        one = f"update ledger.entry set status = 0 where entry_id = '{ids['refused']}'"
        async with vandal.edited(one):
            assert (await named(books)).startswith(f"The entry ({ids['refused']}) was changed")


async def test_what_was_slipped_in_before_it_is_sealed_is_named(
    books: Books, fresh_database: FreshDatabase
) -> None:
    given = await books.give(ALICE, 5)
    async with Vandal.at(fresh_database.url()) as vandal:
        async with vandal.edited(EXTRA_LINE.format(given.entry_id)):
            said = f"The entry ({given.entry_id}) has more lines than its postings make."
            assert await named(books) == said
        async with vandal.edited("delete from ledger.outbox"):
            assert await named(books) == f"The entry ({given.entry_id}) is not sealed."


async def test_what_is_sealed_twice_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    await some_hundreds(books, 4)
    await seal_all(books.db, size=2)
    twice = """
        update ledger.block b set entry_ids = b.entry_ids || f.entry_ids, versions = b.versions || f.versions
          from ledger.block f where f.number = 1 and b.number = 2"""
    async with Vandal.at(fresh_database.url()) as vandal, vandal.edited(twice):
        await vandal.sql.execute(FORGE.format(first=2))
        assert (await named(books)).endswith(" is sealed twice. And 1 more.")


async def test_a_changed_block_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    await some_hundreds(books, 30)
    await seal_all(books.db, size=10)
    changed = "Block 2 itself was changed: its rows are as it has marked them."
    async with Vandal.at(fresh_database.url()) as vandal:
        for edit in (
            "sealed_at = sealed_at + interval '1 microsecond'",
            "xid = '1'",
            "seq = seq + 1",
            "marks = marks || marks",
            "hash = previous",
        ):
            async with vandal.edited(f"update ledger.block set {edit} where number = 2"):
                if edit.startswith("marks"):
                    await holds(books)  # they only help to find a row
                else:
                    assert await named(books) == changed, edit
        async with vandal.edited("update ledger.block set previous = hash where number = 2"):
            assert await named(books) == "Block 2 does not follow block 1: one of them was changed."
        async with vandal.edited("update ledger.block set number = 9 where number = 2"):
            assert await named(books) == "Block 2 is missing."


async def test_a_chain_made_again_is_caught_by_its_signature(
    books: Books, fresh_database: FreshDatabase
) -> None:
    for _ in range(3):
        await some_hundreds(books, 4)
        await seal_all(books.db, size=2)
        await chain_of(books).sign()
    async with Vandal.at(fresh_database.url()) as vandal:
        richer = "update ledger.line set recorded_at = recorded_at + interval '1 microsecond' where units = 3"
        where = await vandal.sql.fetchval(
            "select min(b.number) from ledger.block b join ledger.line l on l.entry_id = any (b.entry_ids) "
            "where l.units = 3"
        )
        async with vandal.edited(richer):
            await vandal.sql.execute(FORGE.format(first=where))
            assert await named(books) == (
                "Block 2 is not the one that the checkpoint 2 has signed: something in the blocks 1 to 2 was "
                "changed, and they were made again."
            )
        async with vandal.edited("update ledger.block set sealed_at = sealed_at where number = 5"):
            await vandal.sql.execute(
                "update ledger.block set sealed_at = sealed_at + interval '1 microsecond' where number = 6"
            )
            await vandal.sql.execute(FORGE.format(first=6))
            assert "checkpoint 6 has signed: something in the blocks 5 to 6 was" in await named(books)


async def test_a_changed_checkpoint_is_named(books: Books, fresh_database: FreshDatabase) -> None:
    await some_hundreds(books, 3)
    await seal_all(books.db)
    await chain_of(books).sign()
    not_ours = "The checkpoint 1 was changed, or is not ours: its signature is of something else."
    async with Vandal.at(fresh_database.url()) as vandal:
        for edit in (
            "signed_at = signed_at + interval '1 microsecond'",
            "hash = sha256(hash)",
            "signature = sha256(signature) || sha256(signature)",
            "signature = ''",
        ):
            async with vandal.edited(f"update ledger.checkpoint set {edit}"):
                assert await named(books) == not_ours, edit
        async with vandal.edited("update ledger.checkpoint set key_id = 'k7'"):
            assert await named(books) == "The checkpoint 1 was signed with k7, which is none of our keys."
    stranger = Signer([Key("k1", bytes(32))])
    with pytest.raises(BookBroken, match="not ours"):
        await proof_of(books, stranger).verify(tell=silent)


async def test_a_chain_cut_off_and_grown_again_is_caught_by_what_was_kept_outside(
    books: Books, fresh_database: FreshDatabase
) -> None:
    kept = []
    for _ in range(3):
        await some_hundreds(books, 3)
        await seal_all(books.db)
        signed = await chain_of(books).sign()
        assert signed is not None
        kept.append(signed)
    await holds(books, kept)
    cut = "delete from ledger.block where number > 1; delete from ledger.checkpoint where number > 1"
    async with Vandal.at(fresh_database.url()) as vandal, vandal.edited(cut):
        assert await named(books, kept) == "Block 2 is missing: the checkpoint 2 kept outside has its hash."
        await seal_all(books.db)
        await chain_of(books).sign()
        await holds(books)  # by itself it looks as if nothing had been
        said = await named(books, kept)
        assert "checkpoint 2 kept outside has signed: something in the blocks 2 to 2" in said
    assert "kept outside was changed" in await named(books, [replace(kept[0], number=2)])


async def test_a_walk_may_begin_at_a_later_block(books: Books, fresh_database: FreshDatabase) -> None:
    await some_hundreds(books, 20)
    await seal_all(books.db, size=1)
    found = await proof_of(books).verify(first=15, tell=silent)
    assert (found.blocks, found.entries) == (6, 6)
    async with Vandal.at(fresh_database.url()) as vandal:
        third = await vandal.sql.fetchval("select entry_ids[1] from ledger.block where number = 3")
        async with vandal.edited(
            f"update ledger.entry set fingerprint = entry_id where entry_id = '{third}'"
        ):
            assert "was changed after block 3" in await named(books)
            await proof_of(books).verify(first=4, tell=silent)
        async with vandal.edited("delete from ledger.block where number = 3"):
            assert await named(books, first=4) == "Block 3 is missing."


async def test_a_proof_beside_postings_and_seals_holds(books: Books) -> None:
    posting = asyncio.ensure_future(some_of_everything(books))
    more = asyncio.ensure_future(some_hundreds(books, 400))
    while not (posting.done() and more.done()):
        await chain_of(books).round()
        await holds(books)
    await asyncio.gather(posting, more)
    await seal_all(books.db)
    assert (await holds(books)).entries > 400


async def test_the_proof_says_how_far_it_is(books: Books) -> None:
    await some_hundreds(books, 25)
    await seal_all(books.db, size=1)
    await chain_of(books).sign()
    said: list[str] = []
    await proof_of(books).verify(tell=said.append)
    assert said == [
        "block 10 of 25",
        "block 20 of 25",
        "block 25 of 25",
        "1 checkpoints hold",
        "looking for what is in no block",
        "checking the books",
    ]


async def test_the_first_of_several_is_named_and_the_others_counted(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await some_hundreds(books, 5)
    await seal_all(books.db)
    gone = "delete from ledger.block; delete from ledger.outbox"
    async with Vandal.at(fresh_database.url()) as vandal, vandal.edited(gone):
        assert (await named(books)).endswith(" is not sealed. And 4 more.")
