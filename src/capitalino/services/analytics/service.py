"""What analytics answers: values with the time of the prices behind them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.money import ASSETS, Asset, Money
from capitalino.services.analytics import store
from capitalino.services.analytics.adapters.ticks import Ticks
from capitalino.services.analytics.domain.movements import Moved, Movement, is_flow
from capitalino.services.analytics.domain.prices import Close, Prices
from capitalino.services.analytics.domain.worth import Point, Worth, appraise, history, paid_in

BASE, ZONE = "EUR", "UTC"
"""Before a profile is heard."""
DAYS = {"1m": 31, "3m": 92, "1y": 366}


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the home screen says first."""

    base: Asset
    worth: Worth
    invested: Money | None


class Analytics:
    """A read model of facts. Reads never touch another service."""

    def __init__(self, db: Database, ticks: Ticks, clock: Clock) -> None:
        self._db, self._ticks, self._clock = db, ticks, clock

    async def keep_moves(self, tx: Tx, at: datetime, kind: str, moves: list[Moved]) -> None:
        """Add an entry's movements to the book's day on which they count."""
        if moves:
            await store.add_moves(tx, at.date(), [(one, is_flow(one, kind)) for one in moves])

    async def dashboard(self, investor_id: UUID) -> Dashboard:
        """What the investor has, what it is worth, and what was paid in for it."""
        now = self._clock.now()
        async with self._db.read() as tx:
            base, _ = await self._view(tx, investor_id)
            held = await store.list_positions(tx, investor_id)
            prices = Prices(
                self._ticks.fresh(), await store.last_closes(tx, [base.code, *(code for code, _ in held)])
            )
            moves = await store.list_moves(tx, investor_id)
            closes = await store.list_closes(tx, sorted({base.code, *(move.asset for move in moves)}))
        money = [Money(units, ASSETS[code]) for code, units in held]
        worth = appraise(money, base, prices, now)
        closes = self._with_ticks(closes, now.date())
        return Dashboard(base, worth, paid_in(moves, closes, ASSETS, base))

    async def value_history(self, investor_id: UUID, span: str) -> list[Point]:
        """The value at each daily close of the book, and as it is now: that is the investor's today."""
        now = self._clock.now()
        async with self._db.read() as tx:
            base, zone = await self._view(tx, investor_id)
            moves = await store.list_moves(tx, investor_id)
            closes = await store.list_closes(tx, sorted({base.code, *(move.asset for move in moves)}))
        today = now.astimezone(zone).date()
        moves = [move.seen_by(today, of_book=now.date()) for move in moves]
        closes = self._with_ticks(closes, min(today, now.date()))
        points = history(moves, closes, ASSETS, base, until=today)
        if span in DAYS:
            first = today - timedelta(days=DAYS[span])
            points = [point for point in points if point.on >= first]
        return points

    async def movements(
        self, investor_id: UUID, *, before: tuple[datetime, UUID] | None, offset: int, limit: int
    ) -> tuple[list[Movement], Movement | None]:
        """A page of movements, newest first, and the last of it when there are more."""
        async with self._db.read() as tx:
            found = await store.list_movements(tx, investor_id, before=before, offset=offset, limit=limit + 1)
        return found[:limit], found[limit - 1] if len(found) > limit else None

    async def _view(self, tx: Tx, investor_id: UUID) -> tuple[Asset, ZoneInfo]:
        base, zone = await store.find_view(tx, investor_id) or (BASE, ZONE)
        return ASSETS[base], ZoneInfo(zone)

    def _with_ticks(self, closes: list[Close], day: date) -> list[Close]:
        """The day that is not over closes, for now, at the live prices."""
        return closes + [Close(pair, day, tick.rate) for pair, tick in self._ticks.fresh().items()]
