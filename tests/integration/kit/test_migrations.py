"""Migrations of a real service: from nothing to the newest, again without effect, and what has drifted."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from capitalino.kit import migrations
from capitalino.kit.db import Schema, engine_url
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
    made = create_async_engine(engine_url(empty.url()))
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
