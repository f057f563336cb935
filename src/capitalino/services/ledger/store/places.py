"""Where accounts and entries are kept: looked up once, then remembered, because neither ever moves."""

import asyncio
from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg

from capitalino.kit.tasks import Tasks
from capitalino.services.ledger.domain import MAIN, Entry, Place
from capitalino.services.ledger.store.batch import Leg

KEPT_MAX = 200_000
Lane = tuple[str, int]
"""A book and a shard: what is posted together."""
HOME: Lane = (MAIN, 0)
FIND = """
select a.account_id, a.address, a.asset, a.book, a.shard
  from unnest($1::text[], $2::text[]) u(address, asset)
  join ledger.account a on a.address = u.address and a.asset = u.asset"""
FIND_ENTRIES = "select entry_id, book, shard from ledger.entry where entry_id = any ($1)"


class _Look:
    """What is looked up together; the future is done when it was."""

    def __init__(self) -> None:
        self.accounts: set[tuple[str, str]] = set()
        self.entries: set[UUID] = set()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Places:
    """Remembers account keys by (address, asset), and the lane of entries that others refer to."""

    def __init__(self, pool: asyncpg.Pool, tasks: Tasks) -> None:
        self._pool, self._tasks = pool, tasks
        self._places: dict[tuple[str, str], Place] = {}
        self._lanes: dict[UUID, Lane] = {}
        self._next: _Look | None = None
        self._is_looking = False

    async def learn(self, entries: Sequence[Entry]) -> None:
        """Look up what these entries name and is not known yet. Who asks meanwhile shares the next look."""
        named = {(end, one.asset) for entry in entries for one in entry.movements for end in one[:2]}
        meant = {entry.refers_to for entry in entries if entry.refers_to is not None}
        if named <= self._places.keys() and meant <= self._lanes.keys():
            return
        look = self._next = self._next or _Look()
        look.accounts |= named
        look.entries |= meant
        if not self._is_looking:
            self._is_looking = True
            self._tasks.start(self._look())
        await asyncio.shield(look.done)

    def legs(self, entry: Entry) -> list[Leg] | None:
        """Source and destination of each of the entry's movements; None when not all are known."""
        known = self._places
        found = []
        for source, destination, asset, _ in entry.movements:
            leg = (known.get((source, asset)), known.get((destination, asset)))
            if leg[0] is None or leg[1] is None:
                return None
            found.append(leg)
        return found

    def open_legs(self, entry: Entry) -> list[Leg]:
        """The same with None for an account that is not open."""
        known = self._places
        return [
            (known.get((m.source, m.asset)), known.get((m.destination, m.asset))) for m in entry.movements
        ]

    def lane(self, entry: Entry, legs: Iterable[Leg]) -> Lane | None:
        """The lane of what it refers to, else of its first open account; None when it is not known."""
        if entry.refers_to is not None:
            return self._lanes.get(entry.refers_to)
        place = next((place for pair in legs for place in pair if place), None)
        lane = (place.book, place.shard) if place else HOME
        if entry.kind == "hold":
            self._remember(entry.entry_id, lane)
        return lane

    async def _look(self) -> None:
        """One look after the other until nobody asks."""
        try:
            while look := self._next:
                self._next = None
                try:
                    await self._fetch(look)
                except Exception as error:  # noqa: BLE001  # those who wait for it are told
                    look.done.set_exception(error)
                else:
                    look.done.set_result(None)
        finally:
            self._is_looking = False

    async def _fetch(self, look: _Look) -> None:
        if len(self._places) > KEPT_MAX:
            self._places.clear()
        if accounts := sorted(look.accounts - self._places.keys()):
            addresses, assets = zip(*accounts, strict=True)
            for row in await self._pool.fetch(FIND, addresses, assets):
                place = Place(*row)
                self._places[place.address, place.asset] = place
        if entries := [*look.entries - self._lanes.keys()]:
            for entry_id, book, shard in await self._pool.fetch(FIND_ENTRIES, entries):
                self._remember(entry_id, (book, shard))

    def _remember(self, entry_id: UUID, lane: Lane) -> None:
        if len(self._lanes) > KEPT_MAX:
            self._lanes.clear()
        self._lanes[entry_id] = lane
