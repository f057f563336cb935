"""Migrations of a real service: from nothing to the newest, again without effect, and what has drifted."""

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from capitalino.kit import migrations
from capitalino.kit.bus import STREAM, Bus
from capitalino.kit.db import Database, Schema, open_engine
from capitalino.kit.outbox import Relay
from capitalino.services.users.tables import schema as users
from tests.support.database import FreshDatabase


@pytest.fixture
async def empty(fresh_database: FreshDatabase) -> FreshDatabase:
    """A database in which users were never migrated."""
    connection = await asyncpg.connect(fresh_database.url())
    await connection.execute("drop schema users cascade")
    await connection.execute(f"grant create on database {fresh_database.name} to users_owner")
    await connection.close()
    return fresh_database


@pytest.fixture
async def engine(empty: FreshDatabase) -> AsyncIterator[AsyncEngine]:
    made = open_engine(empty.url())
    yield made
    await made.dispose()


async def test_a_schema_is_made_and_again_is_nothing(empty: FreshDatabase, engine: AsyncEngine) -> None:
    assert await migrations.current(engine, users) is None
    url = empty.url("users_owner")
    await migrations.upgrade(url, users)
    assert await migrations.current(engine, users) == migrations.head(users)
    await migrations.upgrade(url, users)
    await migrations.check(url, users)


async def test_two_who_migrate_at_once_wait_for_each_other(empty: FreshDatabase, engine: AsyncEngine) -> None:
    url = empty.url("users_owner")
    await asyncio.gather(migrations.upgrade(url, users), migrations.upgrade(url, users))
    assert await migrations.current(engine, users) == migrations.head(users)


async def test_what_has_drifted_is_found(empty: FreshDatabase, engine: AsyncEngine) -> None:
    url = empty.url("users_owner")
    await migrations.upgrade(url, users)
    async with engine.begin() as conn:
        await conn.execute(text("alter table users.profile drop column calendar"))
    with pytest.raises(CommandError, match="calendar"):
        await migrations.check(url, users)


async def test_the_serving_role_may_not_change_the_schema(empty: FreshDatabase) -> None:
    await migrations.upgrade(empty.url("users_owner"), users)
    connection = await asyncpg.connect(empty.url("users_app"))
    for forbidden in ("drop table users.profile", "delete from users.outbox", "create table users.more ()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)
    await connection.close()


def test_a_guarded_schema_is_only_read_and_executed() -> None:
    guarded = Schema("guarded", guarded=True)
    rights = migrations.grants(guarded)
    assert "grant execute on all functions in schema guarded to guarded_app" in rights
    assert "grant insert on outbox" not in rights
    assert "grant insert on outbox" in migrations.grants(Schema("open"))


async def test_what_was_told_before_payloads_were_text_is_still_told(
    fresh_database: FreshDatabase, nats_url: str
) -> None:
    scripts = migrations._kit_scripts()
    before = [sql for number, sql in scripts if number < "0006"]
    connection = await asyncpg.connect(fresh_database.url())
    await connection.execute("create schema old; set search_path to old")
    for sql in before:
        await connection.execute(sql)
    await connection.execute(
        """insert into outbox (event_id, subject, payload)
           values (gen_random_uuid(), 'old.told.v1', '{"n": 1}');
           insert into parked values ('a', 1, gen_random_uuid(), 'a.b.v1', '{"n": 2}', 'x', 5)"""
    )
    for _, sql in scripts[len(before) :]:
        await connection.execute(sql)
    assert await connection.fetchval("select payload::text from parked") == '{"n": 2}'
    await connection.execute("select outbox_prepare(9)")
    await connection.close()
    db, bus = Database(fresh_database.url(), Schema("old")), Bus(nats_url, "old")
    await bus.open()
    async with asyncio.timeout(30):
        while not await Relay(db, bus).publish_batch():  # others may hold it up for a moment
            await asyncio.sleep(0.01)
    told = await bus.js.get_last_msg(STREAM, "fact.old.told.v1")
    assert json.loads(told.data or b"") == {"n": 1}
    await bus.close()
    await db.close()
