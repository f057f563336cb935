"""The road from an entry to its outcome: find its accounts, pick its lane, hand it to its committer."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from opentelemetry import propagate

from capitalino.kit.errors import PeerUnavailable
from capitalino.kit.tasks import Tasks
from capitalino.services.ledger.domain import Entry, Outcome
from capitalino.services.ledger.store.batch import Ask
from capitalino.services.ledger.store.committer import Committer
from capitalino.services.ledger.store.places import Places

READERS = 2
"""Connections beside those that post: for looking up accounts and holds."""
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How commands are gathered."""

    batch_max: int = 1000
    in_flight: int = 2
    write_timeout_s: float = 5.0


class Bookkeeper:
    """Posts entries. Each book and shard has a committer of its own, so that a busy one holds up no other."""

    def __init__(self, url: str, pace: Pace, committed: Callable[[], None]) -> None:
        self._url, self._pace, self._committed = url, pace, committed
        self._tasks = Tasks()
        self._pool: asyncpg.Pool | None = None
        self._places: Places | None = None
        self._lanes: dict[tuple[str, int], Committer] = {}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """A resource of the process: connections of its own, apart from those that read."""
        size = self._pace.in_flight + READERS
        # Nothing is left in a session that a reset would have to clear, and settings stand in the function
        # itself, so that a pool in front of the server may lend a connection for a transaction.
        async with asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=size,
            command_timeout=self._pace.write_timeout_s,
            reset=_keep,
            timeout=self._pace.write_timeout_s,
        ) as pool:
            self._pool, self._places = pool, Places(pool)
            async with self._tasks.open():
                yield

    async def post(self, entry: Entry) -> Outcome:
        """The outcome of an entry. PeerUnavailable: it may or may not stand; ask again with the same id."""
        assert self._places is not None, "the bookkeeper is open"
        try:
            legs = await self._places.legs(entry)
            lane = await self._places.lane(entry, legs)
        except AWAY as error:
            raise PeerUnavailable("The ledger's database is away: ask again with the same id.") from error
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        metadata = json.dumps(dict(entry.metadata)) if entry.metadata else None
        return await self._committer(lane).post(Ask(entry, legs, metadata, carrier.get("traceparent")))

    def _committer(self, lane: tuple[str, int]) -> Committer:
        found = self._lanes.get(lane)
        if found is None:
            pace = self._pace
            found = self._lanes[lane] = Committer(
                self._pool,
                self._tasks,
                lane,
                in_flight=pace.in_flight,
                batch_max=pace.batch_max,
                committed=self._committed,
            )
        return found


async def _keep(_: asyncpg.Connection) -> None:
    return None
