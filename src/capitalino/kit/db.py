"""Transactions. A `Tx` is a connection plus the outbox: what is written and what is told commit together."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from opentelemetry import propagate
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from capitalino.kit.errors import StorageUnavailable, is_away
from capitalino.kit.message import Event
from capitalino.kit.schema import Schema

__all__ = ["Database", "Schema", "StorageUnavailable", "Tx", "caused_by", "outside_transaction"]
_inside: ContextVar[bool] = ContextVar("inside_transaction", default=False)
_causation: ContextVar[str | None] = ContextVar("causation", default=None)
POOL_WAIT_S = 2.0


def outside_transaction() -> None:
    """Assert that no transaction is open: call this before waiting for anything but the database."""
    assert not _inside.get(), "a network call may not be awaited while a transaction is open"


@dataclass(frozen=True, slots=True)
class Tx:
    """One open transaction, passed explicitly to every store function."""

    conn: AsyncConnection
    schema: Schema
    emitted: list[Event] = field(default_factory=list)

    async def emit(self, *events: Event) -> None:
        """Tell the world, if and only if this transaction commits."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        rows = [
            {
                "event_id": event.event_id,
                "subject": event.subject,
                "book": event.book,
                "key": event.key,
                "version": event.version,
                "payload": event.model_dump_json(),
                "trace": carrier.get("traceparent"),
                "causation": _causation.get(),
            }
            for event in events
        ]
        await self.conn.execute(self.schema.kit.outbox.insert().inline(), rows)
        self.emitted.extend(events)


def open_engine(url: str, **how: Any) -> AsyncEngine:
    """An engine whose connections the driver opens: it knows all that an address may say, TLS too."""
    return create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), **how)


class Database:
    """A pool bound to one service's schema."""

    def __init__(
        self, url: str, schema: Schema, *, replica_url: str | None = None, pool_size: int = 8
    ) -> None:
        self.schema, self.url = schema, url
        self.engine = self._engine(url, pool_size)
        self._replica = self._engine(replica_url, pool_size) if replica_url else self.engine
        self.emitted = asyncio.Event()
        """Wakes the relay when this process has committed an event."""

    @staticmethod
    def _engine(url: str, pool_size: int) -> AsyncEngine:
        # Nothing is left in a session that a reset would have to clear, but an open transaction: rolled back
        # by default.
        # Parameters are personal data, hashes and amounts: they stay out of error texts, and so out of logs.
        return open_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_WAIT_S,
            hide_parameters=True,
        )

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Tx]:
        """A transaction that writes. It commits when the block ends, and not when it raises."""
        async with self._transaction(self.engine) as tx:
            yield tx
        if tx.emitted:
            self.emitted.set()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        """A transaction that only reads, from the replica where there is one."""
        async with self._transaction(self._replica) as tx:
            yield tx

    @asynccontextmanager
    async def driver(self) -> AsyncGenerator[asyncpg.Connection]:
        """A transaction of asyncpg's own: for the relay, where SQLAlchemy's road costs more than the work."""
        async with self.engine.connect() as conn:
            raw: Any = (await conn.get_raw_connection()).driver_connection
            try:
                async with raw.transaction():
                    yield raw
            except BaseException:
                await conn.invalidate()  # whatever its state is, nobody gets it again
                raise

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncGenerator[Tx]:
        assert not _inside.get(), "transactions are not nested"
        token = _inside.set(True)
        try:
            async with engine.begin() as conn:
                yield Tx(conn, self.schema)
        except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
            raise StorageUnavailable("The database is not available.") from error
        except DBAPIError as error:  # what the server itself refuses comes as this, whatever the reason
            if is_away(error):
                raise StorageUnavailable("The database cannot do it now.") from error
            raise
        finally:
            _inside.reset(token)

    async def close(self) -> None:
        """Give the connections back to the server."""
        await self.engine.dispose()
        if self._replica is not self.engine:
            await self._replica.dispose()


@asynccontextmanager
async def caused_by(event_id: str) -> AsyncGenerator[None]:
    """What is emitted inside names this event as its cause."""
    token = _causation.set(event_id)
    try:
        yield
    finally:
        _causation.reset(token)
