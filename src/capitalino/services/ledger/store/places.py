"""Where accounts and holds are kept: looked up once, then remembered, because neither ever moves."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from capitalino.services.ledger.domain import MAIN, Entry, Place

KEPT_MAX = 200_000
HOME = (MAIN, 0)
FIND = """
select a.account_id, a.address, a.asset, a.book, a.shard
  from unnest($1::text[], $2::text[]) u(address, asset)
  join ledger.account a on a.address = u.address and a.asset = u.asset"""
FIND_HOLD = "select book, shard from ledger.entry where entry_id = $1"


class Places:
    """Remembers account keys by (address, asset), and the lane (book, shard) of holds."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._places: dict[tuple[str, str], Place] = {}
        self._holds: dict[UUID, tuple[str, int]] = {}

    async def legs(self, entry: Entry) -> tuple[tuple[Place | None, Place | None], ...]:
        """Source and destination of each of the entry's movements; None for an account that is not open."""
        ends = [((m.source, m.asset), (m.destination, m.asset)) for m in entry.movements]
        missing = {key for pair in ends for key in pair if key not in self._places}
        if missing:
            await self._look_up(missing)
        return tuple(
            (self._places.get(source), self._places.get(destination)) for source, destination in ends
        )

    async def lane(self, entry: Entry, legs: Iterable[tuple[Place | None, Place | None]]) -> tuple[str, int]:
        """The book and shard of the entry: those of its hold, else of the first account that is open."""
        if entry.hold_id is not None:
            return await self._lane_of_hold(entry.hold_id)
        place = next((place for pair in legs for place in pair if place), None)
        lane = (place.book, place.shard) if place else HOME
        if entry.kind == "hold":
            self._remember_hold(entry.entry_id, lane)
        return lane

    async def _look_up(self, keys: set[tuple[str, str]]) -> None:
        if len(self._places) > KEPT_MAX:
            self._places.clear()
        addresses, assets = zip(*sorted(keys), strict=True)
        for row in await self._pool.fetch(FIND, addresses, assets):
            place = Place(*row)
            self._places[place.address, place.asset] = place

    async def _lane_of_hold(self, hold_id: UUID) -> tuple[str, int]:
        lane = self._holds.get(hold_id)
        if lane is None:
            row = await self._pool.fetchrow(FIND_HOLD, hold_id)
            if row is None:
                return HOME
            lane = (row["book"], row["shard"])
            self._remember_hold(hold_id, lane)
        return lane

    def _remember_hold(self, hold_id: UUID, lane: tuple[str, int]) -> None:
        if len(self._holds) > KEPT_MAX:
            self._holds.clear()
        self._holds[hold_id] = lane
