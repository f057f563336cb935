"""The road from an entry to its outcome: find its accounts, pick its lane, hand it to its committer."""

import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from opentelemetry import propagate, trace

from capitalino.kit.errors import AppError, PeerUnavailable
from capitalino.kit.tasks import Tasks
from capitalino.services.ledger.domain import Entry, Outcome
from capitalino.services.ledger.errors.entries import EntryUnsound
from capitalino.services.ledger.store.batch import Ask, Leg
from capitalino.services.ledger.store.committer import Committer
from capitalino.services.ledger.store.places import HOME, Lane, Places

READERS = 2
"""Connections beside those that post: for looking up accounts and holds, and for previews."""
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
        self._known: Places | None = None
        self._lanes: dict[Lane, Committer] = {}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """A resource of the process: connections of its own, apart from those that read."""
        size = 2 * self._pace.in_flight + READERS
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
            self._pool, self._known = pool, Places(pool, self._tasks)
            async with self._tasks.open():
                yield

    async def post(self, entry: Entry) -> Outcome:
        """The outcome of an entry. PeerUnavailable: it may or may not stand; ask again with the same id."""
        known = self._places
        legs = known.legs(entry)
        lane = None if legs is None else known.lane(entry, legs)
        if legs is None or lane is None:
            await self._learn([entry])
            legs = known.open_legs(entry)
            lane = known.lane(entry, legs) or HOME
        return await self._committer(lane).post(_ask(entry, legs))

    async def post_many(self, entries: Sequence[Entry], *, whole: bool) -> list[Outcome | AppError]:
        """An outcome each, in their order; with `whole` all are accepted or none, in one transaction."""
        lanes = await self._sorted(entries)
        if whole and len(lanes) > 1:
            raise EntryUnsound("What is posted together is of one book and shard.")
        found: dict[int, Outcome | AppError] = {}
        for lane, asks in lanes.items():
            outcomes = await self._committer(lane).post_many([ask for _, ask in asks], whole=whole)
            found.update(zip((place for place, _ in asks), outcomes, strict=True))
        return [found[place] for place in range(len(entries))]

    async def preview(self, entries: Sequence[Entry], *, whole: bool) -> list[Outcome | AppError]:
        """What would become of them now: posted, answered and taken back."""
        lanes = await self._sorted(entries)
        if len(lanes) > 1:
            raise EntryUnsound("What is previewed together is of one book and shard.")
        ((lane, asks),) = lanes.items()
        return await self._committer(lane).post_many([ask for _, ask in asks], whole=whole, keep=False)

    @property
    def _places(self) -> Places:
        assert self._known is not None, "the bookkeeper is open"
        return self._known

    async def _learn(self, entries: Sequence[Entry]) -> None:
        try:
            await self._places.learn(entries)
        except AWAY as error:
            raise PeerUnavailable("The ledger's database is away: ask again with the same id.") from error

    async def _sorted(self, entries: Sequence[Entry]) -> dict[Lane, list[tuple[int, Ask]]]:
        """By lane, each with its place."""
        await self._learn(entries)
        lanes: dict[Lane, list[tuple[int, Ask]]] = defaultdict(list)
        inside = {entry.entry_id: self._places.open_legs(entry) for entry in entries}
        for place, entry in enumerate(entries):
            legs = inside[entry.entry_id] if entry.movements else []
            lanes[self._places.lane(entry, legs) or HOME].append((place, _ask(entry, legs)))
        return lanes

    def _committer(self, lane: Lane) -> Committer:
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


def _ask(entry: Entry, legs: Sequence[Leg]) -> Ask:
    return Ask(entry, legs, json.dumps(dict(entry.metadata)) if entry.metadata else None, _traceparent())


def _traceparent() -> str | None:
    if trace.get_current_span() is trace.INVALID_SPAN:  # mostly: then there is nothing to carry
        return None
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


async def _keep(_: asyncpg.Connection) -> None:
    return None
