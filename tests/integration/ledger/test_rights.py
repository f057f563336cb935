"""What the serving role may do: read and execute, nothing else."""

import asyncpg
import pytest

from capitalino.kit import audit, migrations
from capitalino.kit.ids import new_id
from capitalino.services.ledger.tables import schema
from tests.integration.ledger.maker import ALICE, Books
from tests.support.database import FreshDatabase

WRITES = (
    "insert into ledger.asset (asset, kind, scale, name) values ('XXX', 'fiat', 2, 'X')",
    "insert into ledger.account (address, asset, book, normal) values ('investor:eve:cash', 'EUR', 'm', 1)",
    "update ledger.account set credits_posted = credits_posted + 1000000",
    "update ledger.account set floor = null",
    "delete from ledger.account",
    "update ledger.entry set units = '{1}'",
    "delete from ledger.entry",
    "insert into ledger.line select * from ledger.line",
    "update ledger.line set posted = 1",
    "delete from ledger.line_00",
    "truncate ledger.line",
    "delete from ledger.open_hold",
    "insert into ledger.outbox (event_id, subject) values (gen_random_uuid(), 'ledger.entry_posted.v1')",
    "update ledger.outbox set payload = '{}'",
    "delete from ledger.outbox",
    "insert into ledger.relay default values",
    "delete from ledger.relay",
    "insert into ledger.inbox (source, position) values ('payments', 1)",
    "update ledger.inbox set position = 0",
    "update ledger.approval set state = 'granted'",
    "insert into ledger.approval select * from ledger.approval",
    "insert into ledger.document select * from ledger.document",
    "update ledger.document set version = 2",
    "insert into ledger.parked select * from ledger.parked",
    "delete from ledger.parked",
    "delete from ledger.lease",
    "insert into ledger.idempotency select * from ledger.idempotency",
    "insert into ledger.audit select * from ledger.audit",
    "alter table ledger.account drop constraint ck_account_counters",
    "drop function ledger.barred(smallint, boolean, boolean)",
    "create table ledger.mine (n int)",
)


async def test_the_serving_role_writes_nothing_by_itself(books: Books, fresh_database: FreshDatabase) -> None:
    await books.give(ALICE, 5)
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    for statement in WRITES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
    await app.close()


async def test_the_serving_role_still_moves_the_relay_and_holds_its_lease(
    books: Books, fresh_database: FreshDatabase
) -> None:
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    assert await app.execute("update ledger.relay set written_at = now()") == "UPDATE 1"
    take = "insert into ledger.lease (name, holder, fence, until) values ('l', gen_random_uuid(), 1, now())"
    assert await app.execute(take) == "INSERT 0 1"
    assert await app.execute("update ledger.lease set fence = 2 where name = 'l'") == "UPDATE 1"
    await app.close()


async def test_rights_of_an_earlier_version_are_taken_back(fresh_database: FreshDatabase) -> None:
    owner = await asyncpg.connect(fresh_database.url("ledger_owner"))
    await owner.execute(
        "grant insert, update on ledger.inbox, ledger.approval, ledger.document to ledger_app"
    )
    await owner.close()
    await migrations.upgrade(fresh_database.url("ledger_owner"), schema)
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    for table in ("inbox", "approval", "document", "parked"):
        assert not await app.fetchval(
            "select has_table_privilege($1, 'insert, update, delete')", f"ledger.{table}"
        )
    await app.close()


async def test_the_serving_role_appends_to_the_audit_log_and_does_nothing_else_to_it(
    books: Books, fresh_database: FreshDatabase
) -> None:
    async with books.db.begin() as tx:
        await audit.record(tx, "somebody", "ledger.hold_ordered", "entry:1", {"reason": "a test"})
        assert (await audit.verify(tx)).seq == 1
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    for statement in (
        "insert into ledger.audit select * from ledger.audit",
        "update ledger.audit set principal = 'somebody else'",
        "delete from ledger.audit",
        "truncate ledger.audit",
        "alter table ledger.audit disable trigger all",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
    await app.close()


async def test_the_serving_role_decides_nothing_that_the_same_person_asked_for(
    books: Books, fresh_database: FreshDatabase
) -> None:
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    asked, asker, other = new_id(), new_id(), new_id()
    ask = "select ledger.ask_approval($1, 'entry', $2, $3, interval '1 day')"
    decide = "select ledger.decide_approval($1, $2, $3, 'a test')"
    body = '{"asked": {"a": 1}, "commands": []}'
    assert await app.fetchval(ask, asked, body, asker) == 0
    assert await app.fetchval(ask, asked, body, asker) == 1
    assert await app.fetchval(ask, asked, '{"asked": {"a": 2}, "commands": []}', asker) == 2
    assert await app.fetchval(ask, asked, body, other) == 2
    assert await app.fetchval(decide, asked, "granted", asker) == "own"
    assert await app.fetchval(decide, asked, "granted", other) == "decided"
    assert await app.fetchval(decide, asked, "granted", other) == "repeated"
    assert await app.fetchval(decide, asked, "refused", other) == "otherwise"
    assert await app.fetchval(decide, new_id(), "granted", other) == "unknown"
    second = new_id()
    await app.fetchval(ask, second, body, asker)
    with pytest.raises(asyncpg.CheckViolationError):
        await app.fetchval(decide, second, "whatever", other)
    for statement in (
        "update ledger.approval set state = 'granted'",
        "insert into ledger.approval select * from ledger.approval",
        "delete from ledger.approval",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
    await app.close()


async def test_the_posting_function_takes_no_unsound_posting(
    books: Books, fresh_database: FreshDatabase
) -> None:
    call = """
        select * from ledger.post_batch(
            'main', 0::smallint, false, array[gen_random_uuid()], array['post'], array['test.post'], null,
            array[gen_random_uuid()], null, null, null, null, null, null, null,
            array[1], array[1::bigint], array[2::bigint], array[$1::text], array[$2::text]::numeric[])"""
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    for units, asset in (("0", "EUR"), ("-5", "EUR"), (None, "EUR"), ("5", None)):
        with pytest.raises(asyncpg.CheckViolationError):
            await app.fetchrow(call, asset, units)
    for other in (
        call.replace("['post']", "['gift']"),
        call.replace("array[1], array[1::bigint]", "array[2], array[1::bigint]"),
        call.replace("['post']", "['hold']").replace(
            "array[1], array[1::bigint]", "array[2], array[1::bigint]"
        ),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await app.fetchrow(other, "EUR", "5")
    await app.close()
    await books.agree()


async def test_a_posting_whose_accounts_have_another_asset_is_refused_by_the_function(
    books: Books, fresh_database: FreshDatabase
) -> None:
    await books.open("world:chain", asset="BTC")
    call = """
        select verdicts from ledger.account s, ledger.account d, ledger.post_batch(
            'main', 0::smallint, false, array[gen_random_uuid()], array['post'], array['test.post'], null,
            array[gen_random_uuid()], null, null, null, null, null, null, null,
            array[1], array[s.account_id], array[d.account_id], array[$1::text], array[5::numeric])
         where s.address = $2 and d.address = $3"""
    app = await asyncpg.connect(fresh_database.url("ledger_app"))
    for asset, source, destination in (
        ("BTC", "world:chain", ALICE),
        ("EUR", "world:chain", ALICE),
        ("BTC", "world:bank", ALICE),
    ):
        assert await app.fetchval(call, asset, source, destination) == [13]
    await app.close()
    await books.agree()


async def test_the_tables_are_as_the_migrations_made_them(fresh_database: FreshDatabase) -> None:
    await migrations.check(fresh_database.url("ledger_owner"), schema)
