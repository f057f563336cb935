"""The end of the audit log is signed, and what was signed is missed when it is gone."""

from dataclasses import replace

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from capitalino.kit import audit
from capitalino.kit.audit import ChainBroken
from capitalino.kit.audit.heads import Heads, SignedHead
from capitalino.kit.crypto import Key
from capitalino.kit.db import Database
from capitalino.kit.signing import Signer
from capitalino.services.users.tables import schema
from tests.support.clock import SettableClock
from tests.support.database import FreshDatabase

KEY, OTHER = Key("k1", b"1" * 32), Key("k1", b"2" * 32)


@pytest.fixture
async def db(fresh_database: FreshDatabase) -> Database:
    """As the role that serves."""
    return await fresh_database.open(schema)


@pytest.fixture
async def heads(db: Database, clock: SettableClock) -> Heads:
    return Heads(db, Signer([KEY]), clock)


async def written(db: Database, count: int) -> None:
    for n in range(count):
        async with db.begin() as tx:
            await audit.record(tx, "user:1", "kit.tried", f"thing:{n}")


async def tampered(fresh_database: FreshDatabase, *statements: str) -> None:
    """What somebody with all rights in the database could do."""
    connection = await asyncpg.connect(fresh_database.url())
    for table in ("audit", "audit_head"):
        await connection.execute(f"alter table users.{table} disable trigger all")
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def broken(heads: Heads, *kept: SignedHead) -> str:
    with pytest.raises(ChainBroken) as found:
        await heads.prove(kept, lambda _: None)
    return str(found.value)


async def test_the_end_is_signed_when_the_log_has_grown_and_not_again(db: Database, heads: Heads) -> None:
    assert await heads.sign() is None, "there is nothing yet"
    await written(db, 3)
    first = await heads.sign()
    assert first is not None
    assert first.seq == 3
    assert await heads.sign() is None
    await written(db, 2)
    await heads.sign()
    assert [one.seq for one in await heads.kept()] == [3, 5]
    assert await heads.kept(after=3) == (await heads.kept())[1:]
    told: list[str] = []
    proved = await heads.prove([first], told.append)
    assert (proved.rows, proved.heads) == (5, 3)
    assert told == ["users: row 5"]


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["update users.audit set action = 'x' where seq = 2"], "audit row 2: it was changed"),
        (["delete from users.audit where seq = 2"], "audit row 2: it is missing"),
        (["delete from users.audit where seq = 3"], "audit row 3: it was signed and is gone"),
        (["delete from users.audit"], "audit row 1: it was signed and is gone"),
        (["update users.audit_head set hash = sha256(hash)"], "audit row 3: its head is not signed"),
        (["update users.audit_head set key_id = 'k2'"], "audit row 3: its head is not signed"),
        (
            ["update users.audit_head set signed_at = signed_at + interval '1 second'"],
            "audit row 3: its head is not signed",
        ),
    ],
    ids=["changed", "taken out", "cut off", "emptied", "forged", "of another key", "moved in time"],
)
async def test_what_was_done_by_sql_is_found_and_named(
    db: Database, heads: Heads, fresh_database: FreshDatabase, statements: list[str], said: str
) -> None:
    await written(db, 3)
    await heads.sign()
    await tampered(fresh_database, *statements)
    assert said in await broken(heads)


async def test_a_log_that_was_written_anew_is_found_by_a_head_that_was_kept_elsewhere(
    db: Database, heads: Heads, fresh_database: FreshDatabase
) -> None:
    await written(db, 3)
    kept = await heads.sign()
    assert kept is not None
    await tampered(fresh_database, "delete from users.audit_head", "delete from users.audit")
    await written(db, 3)
    assert (await heads.prove([], lambda _: None)).rows == 3, "from inside nothing is to be seen"
    assert "audit row 3: it is not the row that was signed" in await broken(heads, kept)


async def test_a_head_of_another_service_or_key_proves_nothing(db: Database, heads: Heads) -> None:
    await written(db, 1)
    kept = await heads.sign()
    assert kept is not None
    elsewhere = replace(kept, service="auth", seq=99)
    assert (await heads.prove([elsewhere], lambda _: None)).heads == 1
    assert "not signed with a key of ours" in await broken(heads, replace(kept, seq=2))


async def test_another_key_signs_and_the_older_one_still_verifies(
    db: Database, heads: Heads, clock: SettableClock
) -> None:
    await written(db, 1)
    await heads.sign()
    await written(db, 1)
    renewed = Heads(db, Signer([Key("k2", b"3" * 32), KEY]), clock)
    assert (await renewed.sign()) is not None
    assert (await renewed.prove([], lambda _: None)).heads == 2
    stranger = Heads(db, Signer([OTHER]), clock)
    assert "not signed with a key of ours" in await broken(stranger)


async def test_the_serving_role_neither_changes_nor_forges_a_head(db: Database, heads: Heads) -> None:
    await written(db, 2)
    await heads.sign()
    for statement in (
        "update users.audit_head set seq = 1",
        "delete from users.audit_head",
        "truncate users.audit_head",
        "insert into users.audit_head select * from users.audit_head",
        "insert into users.audit select * from users.audit",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with db.begin() as tx:
                await tx.conn.execute(text(statement))
    keep = text("select users.audit_keep_head(:seq, :hash, now(), 'k1', :sign)")
    (last,) = await heads.kept()
    for seq, digest in ((2, last.hash), (1, last.hash), (3, last.hash), (2, bytes(32))):
        async with db.begin() as tx:
            values = {"seq": seq, "hash": digest, "sign": bytes(64)}
            assert not (await tx.conn.execute(keep, values)).scalar_one()
