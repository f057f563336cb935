"""A superuser who edits the book behind its back, and puts it back as it was."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

KEPT = (
    "account",
    "entry",
    "line",
    "open_hold",
    "reversed_posting",
    "window_use",
    "block",
    "checkpoint",
    "unsealed_refusal",
    "outbox",
)


class Vandal:
    """Edits are committed, so that every other connection sees them."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.sql = connection

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncGenerator["Vandal"]:
        """Remembers the book as it is now."""
        connection = await asyncpg.connect(url)
        await connection.execute("set session_replication_role = replica; create schema saved")
        for table in KEPT:
            await connection.execute(f"create table saved.{table} as table ledger.{table}")
        yield cls(connection)
        await connection.close()

    @asynccontextmanager
    async def edited(self, sql: str) -> AsyncGenerator[None]:
        """The book with this edit, inside the block."""
        touched = sum(
            [
                int(done.split()[-1])
                for done in [await self.sql.execute(one) for one in sql.split(";") if one.strip()]
            ]
        )
        assert touched, f"it changed nothing: {sql}"
        yield
        for table in KEPT:
            await self.sql.execute(
                f"delete from ledger.{table}; "
                f"insert into ledger.{table} overriding system value select * from saved.{table}"
            )
