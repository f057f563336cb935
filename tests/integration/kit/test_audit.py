"""The audit log keeps every row in its place, and names the first one that was touched."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from capitalino.kit import audit
from capitalino.kit.audit import ChainBroken, Head
from capitalino.kit.db import Database, Schema, Tx
from tests.support.database import FreshDatabase, Opener


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(Schema("kit_audit"))


async def written(db: Database, count: int) -> Head:
    async with db.begin() as tx:
        for n in range(count):
            await audit.record(tx, f"user:{n}", "kit.tried", "thing:1", {"n": n, "wort": "Prüfung ✓"})
        return await audit.head(tx)


async def tampered(fresh_database: FreshDatabase, statement: str) -> None:
    """What somebody with all rights in the database could do."""
    connection = await asyncpg.connect(fresh_database.url())
    await connection.execute(f"alter table kit_audit.audit disable trigger all; {statement}")
    await connection.close()


async def test_a_row_says_who_did_what(db: Database) -> None:
    async with db.begin() as tx:
        first = await audit.record(tx, "user:1", "kit.opened", "thing:1")
        second = await audit.record(tx, "user:2", "kit.shut", "thing:1", {"why": "late", "a": 1})
        await audit.record(tx, "user:2", "kit.shut", "thing:2")
        rows = await audit.about(tx, "thing:1")
    assert (first, second) == (1, 2)
    assert [(row.principal, row.action, json.loads(row.details)) for row in rows] == [
        ("user:2", "kit.shut", {"a": 1, "why": "late"}),
        ("user:1", "kit.opened", {}),
    ]
    assert rows[0].at >= rows[1].at


async def test_an_untouched_chain_is_whole_from_any_point(db: Database) -> None:
    middle = await written(db, 4)
    end = await written(db, 3)
    async with db.read() as tx:
        assert await audit.verify(tx) == end == Head(7, end.hash)
        assert await audit.verify(tx, since=middle, known=[end]) == end
        assert await audit.verify(tx, known=[middle]) == end


async def test_a_long_chain_is_read_in_parts(db: Database) -> None:
    async with db.begin() as tx:
        many = "select max(kit_audit.audit_append('a', 'b', 'c', '{}')) from generate_series(1, :count)"
        await tx.conn.execute(text(many), {"count": audit.BATCH_MAX + 1})
        assert (await audit.verify(tx)).seq == audit.BATCH_MAX + 1


async def test_an_empty_chain_is_whole(db: Database) -> None:
    async with db.read() as tx:
        assert await audit.head(tx) == await audit.verify(tx) == audit.START


@pytest.mark.parametrize(
    "statement, seq",
    [
        ("update kit_audit.audit set details = '{}' where seq = 3", 3),
        ("update kit_audit.audit set principal = 'user:9' where seq = 3", 3),
        ("update kit_audit.audit set at = at + interval '1 microsecond' where seq = 2", 2),
        ("update kit_audit.audit set action = subject, subject = action where seq = 4", 4),
        ("update kit_audit.audit set hash = sha256(hash) where seq = 2", 2),
        ("update kit_audit.audit set prev_hash = sha256(hash) where seq = 4", 4),
        ("delete from kit_audit.audit where seq = 1", 1),
        ("delete from kit_audit.audit where seq = 3", 3),
        ("delete from kit_audit.audit where seq >= 4", 4),
    ],
)
async def test_the_first_touched_row_is_named(
    db: Database, fresh_database: FreshDatabase, statement: str, seq: int
) -> None:
    known = await written(db, 5)
    await tampered(fresh_database, statement)
    async with db.read() as tx:
        with pytest.raises(ChainBroken, match=f"audit row {seq}:") as broken:
            await audit.verify(tx, known=[known])
    assert broken.value.seq == seq


async def test_a_chain_that_was_written_anew_is_seen_by_a_head_of_before(db: Database) -> None:
    await written(db, 3)
    async with db.read() as tx:
        with pytest.raises(ChainBroken, match="not the row that was signed"):
            await audit.verify(tx, known=[Head(2, bytes(32))])


async def test_rows_are_neither_changed_nor_deleted(db: Database) -> None:
    await written(db, 1)

    async def refused(statement: str) -> None:
        with pytest.raises(DBAPIError, match="stand for ever"):
            async with db.begin() as tx:
                await tx.conn.execute(text(statement))

    await refused("update kit_audit.audit set action = 'x'")
    await refused("delete from kit_audit.audit")
    await refused("truncate kit_audit.audit")


async def test_many_writers_make_one_chain(db: Database) -> None:
    await asyncio.gather(*(written(db, 5) for _ in range(10)))
    async with db.read() as tx:
        assert (await audit.verify(tx)).seq == 50


async def test_what_rolls_back_leaves_no_gap(db: Database) -> None:
    async def fail(write: Callable[[Tx], Awaitable[int]]) -> None:
        async with db.begin() as tx:
            await write(tx)
            raise LookupError

    with pytest.raises(LookupError):
        await fail(lambda tx: audit.record(tx, "user:1", "kit.tried", "thing:1"))
    assert (await written(db, 1)).seq == 1
