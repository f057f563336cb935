"""Functions of a schema. They are code, not history: `sql/*.sql` replaces them after the tables.

That happens whenever a file has changed. A migration only drops what a changed signature would leave behind.
"""

from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from capitalino.kit.db import Schema


def execute_script(connection: Connection, sql: str) -> None:
    """Run a file of several statements: asyncpg's prepared statements take only one at a time."""
    driver: Any = connection.connection.driver_connection
    await_only(driver.execute(sql))


def replace(connection: Connection, schema: Schema) -> None:
    """Run the service's files of functions unless the database has just these."""
    wanted = of(schema)
    connection.execute(text("create table if not exists function_version (digest text primary key)"))
    there = connection.execute(text("select digest from function_version")).scalar()
    if (there or "") == digest(wanted):
        return
    connection.execute(text("set local check_function_bodies = off"))  # they may name each other
    for _, sql in wanted:
        execute_script(connection, sql)
    connection.execute(text("delete from function_version"))
    connection.execute(text("insert into function_version values (:digest)"), {"digest": digest(wanted)})


def of(schema: Schema) -> list[tuple[str, str]]:
    """The service's files of functions, by name."""
    return scripts(files(f"capitalino.services.{schema.name}") / "sql")


def digest(scripts: list[tuple[str, str]]) -> str:
    """What tells two versions of the functions apart; empty where there are none."""
    return f"+{sha256(repr(scripts).encode()).hexdigest()[:12]}" if scripts else ""


def scripts(folder: Traversable) -> list[tuple[str, str]]:
    """The SQL files of a folder with their names, in order."""
    if not folder.is_dir():
        return []
    return sorted(
        (entry.name, entry.read_text()) for entry in folder.iterdir() if entry.name.endswith(".sql")
    )
