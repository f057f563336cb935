"""Closed candles as the venues tell them: filled in at first, then topped up; each day's close told once."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import structlog

from capitalino.contracts.market.events import DayClosed
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, outside_transaction
from capitalino.services.market.domain.candles import Candle, Interval, window
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.settings import MarketSettings
from capitalino.services.market.store import candles as store
from capitalino.services.market.store.candles import Close
from capitalino.venues import port
from capitalino.venues.port import Never, Pair, Venue, VenueTrouble

log = structlog.get_logger()
PAGE_MAX = 1000
"""Candles in one answer of a venue."""
ASKED_AGAIN = 2
"""So many of the days already told are asked for again with each new one: venues correct themselves."""


NAMES: dict[Interval, port.Interval] = {Interval.DAY: "1d", Interval.HOUR: "1h", Interval.MINUTE: "1m"}


class History:
    """The candles. Days come first: most of what is shown stands on them."""

    def __init__(
        self,
        db: Database,
        catalogue: Catalogue,
        venues: Mapping[str, Callable[[], Venue]],
        clock: Clock,
        settings: MarketSettings,
    ) -> None:
        self._db, self._catalogue, self._venues, self._clock = db, catalogue, venues, clock
        self._settings = settings
        self._back = {
            Interval.DAY: settings.days_back,
            Interval.MINUTE: settings.minutes_back,
            Interval.HOUR: settings.hours_back,
        }

    async def round(self) -> None:
        """Ask for what has closed. The pause is inside the round: the lease stays where it is."""
        await asyncio.sleep(await self._top_up())

    async def throw_away(self) -> None:
        """Delete candles of minutes that nobody looks at any more."""
        async with self._db.begin() as tx:
            kept = timedelta(days=self._settings.minutes_kept_days)
            await store.throw_away_minutes(tx, self._clock.now() - kept)

    async def find_candles(
        self, code: str, interval: Interval, since: datetime | None, until: datetime | None, limit: int
    ) -> tuple[list[Candle], datetime | None]:
        """At most `limit` candles, oldest first, and from where to go on: None at the end."""
        self._catalogue.instrument(code)
        stored = Interval.MINUTE if interval is Interval.FIVE_MINUTES else interval
        until = until or interval.start(self._clock.now()) + interval.length  # the open candle too
        async with self._db.read() as tx:
            reach = await store.reach(tx, code, stored)
            wanted = window(interval, since, until, limit, reach.first)
            found = await store.candles(tx, code, interval, wanted)
        return found, wanted.end if wanted.end < until else None

    async def _top_up(self) -> float:
        """How many seconds to wait until the next time."""
        lost: dict[str, VenueTrouble] = {}
        is_whole = True
        async with AsyncExitStack() as opened:
            venues = {name: await opened.enter_async_context(opens()) for name, opens in self._venues.items()}
            for interval in self._back:
                for pair in self._catalogue.open_pairs():
                    is_whole &= await self._fill_from_any(venues, lost, pair, interval)
        if is_whole:
            return self._settings.history_every_s
        waits = [trouble.retry_after_s or 0 for trouble in lost.values()]
        return max([self._settings.reconnect_s, *waits])

    async def _fill_from_any(
        self, venues: Mapping[str, Venue], lost: dict[str, VenueTrouble], pair: Pair, interval: Interval
    ) -> bool:
        """Ask the first venue that answers; a lost one is not asked again in this round."""
        listed = self._catalogue.venues(str(pair))
        for name in listed:
            if name in lost:
                continue
            try:
                await self._fill(venues[name], pair, interval, is_first=name == listed[0])
            except VenueTrouble as trouble:
                told = {"code": trouble.code, "message": trouble.message}
                log.warning("history.not_read", venue=name, instrument=str(pair), **told)
                if not isinstance(trouble, Never):  # that one is about the pair, not about the venue
                    lost[name] = trouble
            else:
                return True
        return not listed

    async def _fill(self, venue: Venue, pair: Pair, interval: Interval, *, is_first: bool) -> None:
        """Ask for what has closed since the last candle that was told.

        The first venue is asked for what it has not told itself: where others stood in for it, its own
        candles take the place of theirs.
        """
        closed_until = interval.start(self._clock.now() - timedelta(seconds=self._settings.close_grace_s))
        async with self._db.read() as tx:
            reach = await store.reach(tx, str(pair), interval, venue.name)
        last = reach.last_of_venue if is_first else reach.last_told
        since = self._since(interval, last, closed_until)
        while since < closed_until:
            outside_transaction()
            told = await venue.candles(pair, NAMES[interval], since=since, limit=PAGE_MAX)
            candles = (Candle(row.at, row.open, row.high, row.low, row.close, row.volume) for row in told)
            closed = [row for row in candles if since <= row.at < closed_until]
            if not closed:
                return
            await self._keep(venue.name, pair, interval, [row for row in closed if row.is_sound])
            since = closed[-1].at + interval.length

    def _since(self, interval: Interval, last: datetime | None, closed_until: datetime) -> datetime:
        earliest = closed_until - self._back[interval] * interval.length
        if last is None:
            return earliest
        following = last + interval.length
        if interval is Interval.DAY and following < closed_until:
            following -= ASKED_AGAIN * interval.length
        return max(following, earliest)

    async def _keep(self, source: str, pair: Pair, interval: Interval, closed: Sequence[Candle]) -> None:
        async with self._db.begin() as tx:
            closes = await store.keep_closed(tx, str(pair), interval, closed, source=source)
            if interval is Interval.DAY and closes:
                await tx.emit(*(_fact(pair, close) for close in closes))
                log.info("days.told", instrument=str(pair), count=len(closes), last=str(closes[-1].at.date()))


def _fact(pair: Pair, close: Close) -> DayClosed:
    return DayClosed(
        base=pair.base, quote=pair.quote, on=close.at.date(), close=close.close, version=close.version
    )
