"""Migrations: each service has its own, in its own schema, run by its owner. The kit's tables come first."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import AsyncEngine

from capitalino.kit import functions
from capitalino.kit.db import Schema, open_engine
from capitalino.kit.functions import execute_script

__all__ = ["KIT_SQL", "check", "current", "draft", "execute_script", "grants", "head", "upgrade"]
KIT_SQL = files("capitalino.kit") / "sql"


def config(schema: Schema, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one service."""
    made = Config()
    made.set_main_option("script_location", str(files("capitalino.kit") / "alembic"))
    made.set_main_option("path_separator", "os")
    made.set_main_option("version_locations", str(files(f"capitalino.services.{schema.name}") / "migrations"))
    made.attributes.update(schema=schema, connection=connection)
    return made


async def upgrade(url: str, schema: Schema) -> None:
    """Bring one service's schema to its newest revision.

    `url` is the owner's; two at once wait for each other.
    """
    await _run(url, schema, _upgrade(schema))


async def check(url: str, schema: Schema) -> None:
    """Fail when `tables.py` says something that the migrations do not."""
    await _run(url, schema, lambda connection: command.check(config(schema, connection)))


async def draft(url: str, schema: Schema, revision: str, message: str) -> None:
    """Write the next migration from the difference between `tables.py` and the database."""

    def write(connection: Connection) -> None:
        command.revision(config(schema, connection), message, autogenerate=True, rev_id=revision)

    await _run(url, schema, write)


def head(schema: Schema) -> str:
    """The newest revision that the code knows."""
    newest = ScriptDirectory.from_config(config(schema)).get_current_head()
    return f"{_kit_scripts()[-1][0]}+{newest}{functions.digest(functions.of(schema))}"


async def current(engine: AsyncEngine, schema: Schema) -> str | None:
    """The revision of the database, as `head` writes it; None before the first migration."""
    async with engine.connect() as conn:
        known = text("select to_regclass(:kit) is not null and to_regclass(:own) is not null")
        names = {"kit": f"{schema.name}.function_version", "own": f"{schema.name}.alembic_version"}
        if not (await conn.execute(known, names)).scalar():
            return None
        kit = (await conn.execute(text(f"select max(script) from {schema.name}.kit_version"))).scalar()  # noqa: S608
        own = (await conn.execute(text(f"select version_num from {schema.name}.alembic_version"))).scalar()  # noqa: S608
        code = (await conn.execute(text(f"select digest from {schema.name}.function_version"))).scalar()  # noqa: S608
    return f"{kit}+{own}{code or ''}"


async def _run(url: str, schema: Schema, action: Callable[[Connection], Any]) -> None:
    def act(connection: Connection) -> None:
        there = text("select to_regnamespace(:name) is not null")
        if not connection.execute(there, {"name": schema.name}).scalar():
            # Not `if not exists`: that wants the right to create, even where there is nothing to do.
            connection.execute(text(f"create schema {schema.name}"))
        connection.execute(text(f"set local search_path to {schema.name}"))
        action(connection)

    engine = open_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as conn:
            await conn.execute(
                text("select pg_advisory_xact_lock(hashtextextended(:name, 1))"), {"name": schema.name}
            )
            await conn.execute(text("set local lock_timeout = '5s'"))  # fail rather than stall the service
            await conn.execute(text("set local statement_timeout = 0"))
            await conn.run_sync(act)
    finally:
        await engine.dispose()


def _upgrade(schema: Schema) -> Callable[[Connection], None]:
    def act(connection: Connection) -> None:
        connection.execute(text("create table if not exists kit_version (script text primary key)"))
        done = set(connection.execute(text("select script from kit_version")).scalars())
        for script, sql in _kit_scripts():
            if script not in done:
                execute_script(connection, sql)
                connection.execute(text("insert into kit_version values (:script)"), {"script": script})
        command.upgrade(config(schema, connection), "head")
        functions.replace(connection, schema)
        execute_script(connection, grants(schema))

    return act


def grants(schema: Schema) -> str:
    """What the serving role may do.

    The outbox is append-only. A guarded schema is only read and executed, but for the relay's mark and the
    leases, which its own process moves.
    """
    app = f"{schema.name}_app"
    own = [table.name for table in schema.metadata.sorted_tables]
    rights = "select" if schema.guarded else "select, insert, update, delete"
    statements = [
        f"grant usage on schema {schema.name} to {app}",
        f"grant select on all tables in schema {schema.name} to {app}",
        f"grant execute on all functions in schema {schema.name} to {app}",
        *(f"grant {rights} on {table} to {app}" for table in own),
        f"grant insert, update on lease to {app}",
        f"grant update on relay to {app}",
        *((TAKEN_BACK if schema.guarded else WRITTEN).format(app=app).splitlines()),
    ]
    return ";\n".join(statements)


WRITTEN = """\
grant insert on outbox, idempotency to {app}
grant insert, update on inbox, approval, document to {app}
grant insert, update, delete on parked to {app}"""
TAKEN_BACK = "revoke insert, update, delete on inbox, approval, document, parked from {app}"
"""Earlier versions gave these in a guarded schema too."""


def _kit_scripts() -> list[tuple[str, str]]:
    return [(name.split("_", 1)[0], sql) for name, sql in functions.scripts(KIT_SQL)]
