"""Transactions: what is written and what is told commit together, or not at all."""

import asyncio
from typing import Any, ClassVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from capitalino.kit.db import Database, Schema, StorageUnavailable, caused_by, outside_transaction
from capitalino.kit.message import Event
from tests.support.database import FreshDatabase, Opener
from tests.support.keeper import free_port

schema = Schema("tests")


class Told(Event):
    """An event of these tests."""

    subject: ClassVar[str] = "tests.told.v1"


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


async def told(db: Database) -> list[Any]:
    async with db.read() as tx:
        return list(await tx.conn.execute(text("select subject, causation from tests.outbox order by seq")))


async def test_what_commits_is_told_and_wakes_the_relay(db: Database) -> None:
    async with db.begin() as tx:
        await tx.emit(Told(), Told())
        assert not db.emitted.is_set(), "not before it is committed"
    assert db.emitted.is_set()
    assert len(await told(db)) == 2


async def test_what_is_rolled_back_is_not_told(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the transaction
        async with db.begin() as tx:
            await tx.emit(Told())
            raise ZeroDivisionError
    assert (await told(db), db.emitted.is_set()) == ([], False)


async def test_what_is_told_names_its_cause(db: Database) -> None:
    cause = Told()
    async with caused_by(str(cause.event_id)), db.begin() as tx:
        await tx.emit(Told())
    async with db.begin() as tx:
        await tx.emit(Told())
    assert [row.causation for row in await told(db)] == [str(cause.event_id), None]


async def test_transactions_are_not_nested_and_others_are_not_waited_for_inside(db: Database) -> None:
    outside_transaction()
    async with db.begin():
        with pytest.raises(AssertionError, match="nested"):
            async with db.begin():
                pass
        with pytest.raises(AssertionError, match="network"):
            outside_transaction()
    outside_transaction()


async def test_our_own_mistakes_stay_what_they_are(db: Database) -> None:
    with pytest.raises(IntegrityError):
        async with db.begin() as tx:
            await tx.conn.execute(text("insert into tests.lease (name) values (null)"))


async def test_a_server_that_is_away_is_unavailable() -> None:
    db = Database(f"postgresql://nobody:x@127.0.0.1:{free_port()}/none", schema)
    with pytest.raises(StorageUnavailable):
        async with db.begin():
            pass
    outside_transaction()
    await db.close()


@pytest.mark.parametrize(
    "state",
    ["57P01", "57P02", "57P03", "57014", "53100", "53200", "53300", "55P03", "40P01", "40001", "08006"],
)
async def test_what_the_server_cannot_do_now_is_unavailable(db: Database, state: str) -> None:
    with pytest.raises(StorageUnavailable):
        async with db.begin() as tx:
            await tx.conn.execute(text(f"do $$ begin raise 'not now' using errcode = '{state}'; end $$"))
    async with db.read() as tx:
        assert (await tx.conn.execute(text("select 1"))).scalar() == 1


@pytest.mark.parametrize("state", ["22012", "42501", "25006", "P0001", "XX000"])
async def test_what_the_server_will_never_do_is_our_own_mistake(db: Database, state: str) -> None:
    with pytest.raises(DBAPIError):
        async with db.begin() as tx:
            await tx.conn.execute(text(f"do $$ begin raise 'never' using errcode = '{state}'; end $$"))


async def test_time_limits_of_statements_and_locks_are_unavailable(db: Database) -> None:
    with pytest.raises(StorageUnavailable):  # noqa: PT012 - the block is the transaction
        async with db.begin() as tx:
            await tx.conn.execute(text("set local statement_timeout = '20ms'"))
            await tx.conn.execute(text("select pg_sleep(30)"))
    async with db.engine.begin() as other:
        await other.execute(text("lock table tests.lease in access exclusive mode"))
        with pytest.raises(StorageUnavailable):  # noqa: PT012 - the block is the transaction
            async with db.begin() as tx:
                await tx.conn.execute(text("set local lock_timeout = '20ms'"))
                await tx.conn.execute(text("select from tests.lease"))


async def test_a_server_that_takes_no_more_connections_is_unavailable(fresh_database: FreshDatabase) -> None:
    db = Database(fresh_database.url("ledger_app"), Schema("ledger"))
    admin = Database(fresh_database.url(), Schema("ledger"))
    async with admin.begin() as tx:
        await tx.conn.execute(text(f"alter database {fresh_database.name} connection limit 0"))
    await admin.close()
    with pytest.raises(StorageUnavailable):
        async with db.begin():
            pass
    await db.close()


async def test_what_was_passed_is_not_in_the_text_of_an_error(db: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with db.begin() as tx:
            await tx.conn.execute(text("select 1 / cast(:zero as int), :who"), {"zero": 0, "who": "ana@x.io"})
    assert "ana@x.io" not in str(raised.value)


async def test_a_connection_that_is_cut_is_unavailable_and_the_next_one_works(db: Database) -> None:
    cut = text("select pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(StorageUnavailable):
        async with db.begin() as tx:
            await tx.conn.execute(cut)
    async with db.read() as tx:
        assert (await tx.conn.execute(text("select 1"))).scalar() == 1


async def test_who_waits_too_long_for_a_connection_is_refused(fresh_database: FreshDatabase) -> None:
    db = Database(fresh_database.url(), Schema("ledger"), pool_size=1)
    begun = asyncio.Event()

    async def hold() -> None:
        async with db.begin():
            begun.set()
            await asyncio.sleep(60)

    holding = asyncio.create_task(hold())
    await begun.wait()
    with pytest.raises(StorageUnavailable):
        async with db.begin():
            pass
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    await db.close()


async def test_reading_goes_to_the_replica_where_there_is_one(fresh_database: FreshDatabase) -> None:
    first, copy = fresh_database.url("ledger_app"), fresh_database.url("ledger_owner")
    db = Database(first, Schema("ledger"), replica_url=copy)
    who = text("select current_user")
    async with db.begin() as tx:
        assert (await tx.conn.execute(who)).scalar() == "ledger_app"
    async with db.read() as tx:
        assert (await tx.conn.execute(who)).scalar() == "ledger_owner"
    await db.close()
