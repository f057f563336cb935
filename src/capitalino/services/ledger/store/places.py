"""Where accounts and entries are kept: looked up once, then remembered, because neither ever moves."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg

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


class Places:
    """Remembers account keys by (address, asset), and the lane of entries that others refer to."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._places: dict[tuple[str, str], Place] = {}
        self._lanes: dict[UUID, Lane] = {}

    async def learn(self, entries: Sequence[Entry]) -> None:
        """Look up what these entries name and is not known yet."""
        named = {(end, one.asset) for entry in entries for one in entry.movements for end in one[:2]}
        if not named <= self._places.keys():
            if len(self._places) > KEPT_MAX:
                self._places.clear()
            addresses, assets = zip(*sorted(named - self._places.keys()), strict=True)
            for row in await self._pool.fetch(FIND, addresses, assets):
                place = Place(*row)
                self._places[place.address, place.asset] = place
        meant = {entry.refers_to for entry in entries if entry.refers_to is not None} - self._lanes.keys()
        if meant:
            for entry_id, *lane in await self._pool.fetch(FIND_ENTRIES, [*meant]):
                self._remember(entry_id, (lane[0], lane[1]))

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
        """The lane of what the entry refers to, else of its first open account; None when it is not known."""
        if entry.refers_to is not None:
            return self._lanes.get(entry.refers_to)
        place = next((place for pair in legs for place in pair if place), None)
        lane = (place.book, place.shard) if place else HOME
        if entry.kind == "hold":
            self._remember(entry.entry_id, lane)
        return lane

    def _remember(self, entry_id: UUID, lane: Lane) -> None:
        if len(self._lanes) > KEPT_MAX:
            self._lanes.clear()
        self._lanes[entry_id] = lane
