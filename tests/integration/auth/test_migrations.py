"""What the migrations make of rows from before."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
from alembic import command
from sqlalchemy import Connection, text

from capitalino.kit import migrations
from capitalino.kit.clock import SYSTEM
from capitalino.services.auth.tables import schema
from tests.support.database import FreshDatabase


def up_to_the_first(connection: Connection) -> None:
    connection.execute(text("create table kit_version (script text primary key)"))
    for script, sql in migrations._kit_scripts():
        migrations.execute_script(connection, sql)
        connection.execute(text("insert into kit_version values (:script)"), {"script": script})
    command.upgrade(migrations.config(schema, connection), "0001")


async def test_sessions_from_before_have_proved_their_factor_when_they_were_opened(
    fresh_database: FreshDatabase,
) -> None:
    root, owner = await asyncpg.connect(fresh_database.url()), fresh_database.url("auth_owner")
    await root.execute("drop schema auth cascade; create schema auth authorization auth_owner")
    await migrations._run(owner, schema, up_to_the_first)
    user_id, opened_at = uuid4(), SYSTEM.now() - timedelta(hours=1)
    await root.execute(
        "insert into auth.login (user_id, investor_id, email_index, email_sealed, language, password_hash,"
        " standing, created_at, investor_try_at) values ($1, $2, 'i', 's', 'en', 'h', 'active', $3, $3)",
        user_id,
        uuid4(),
        opened_at,
    )
    for purpose in ("access", "setup"):
        await root.execute(
            "insert into auth.session (session_id, user_id, purpose, opened_at, used_at, expires_at)"
            " values ($1, $2, $3, $4, $4, $4)",
            uuid4(),
            user_id,
            purpose,
            opened_at,
        )
    await migrations.upgrade(owner, schema)
    await migrations.check(owner, schema)
    rows = await root.fetch("select purpose, factor_at, amr from auth.session order by purpose")
    await root.close()
    assert [tuple(row) for row in rows] == [("access", opened_at, "pwd otp"), ("setup", None, "pwd")]
