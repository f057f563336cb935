"""A feed: reads the ticks of one venue for as long as they come, and connects again when they stop.

Silence is noticed, of all and of single pairs. A gap is not, and need not be: the tickers of Binance, Kraken
and OKX have no numbers, ccxt does not hand on those of Coinbase, and every ticker is whole.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import structlog

from capitalino.kit.clock import Clock
from capitalino.services.market.domain.feeds import Pulse
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.observations import Observations
from capitalino.services.market.settings import MarketSettings
from capitalino.venues.port import Pair, Tick, Venue, VenueTrouble

log = structlog.get_logger()


class Feed:
    """One venue. A round of it is one connection, until a loss or a silence ends it."""

    def __init__(
        self,
        name: str,
        opened: Callable[[], Venue],
        catalogue: Catalogue,
        observations: Observations,
        *,
        clock: Clock,
        settings: MarketSettings,
    ) -> None:
        self._opened = opened
        self._catalogue, self._observations = catalogue, observations
        self._clock = clock
        self._settings = settings
        self.name, self.pulse = name, Pulse(name)
        self.is_read = False
        """Whether it is this replica that reads it."""

    async def round(self) -> None:
        """Connect, and read until it ends. The pause is inside the round: the lease stays where it is."""
        self.is_read = True
        try:
            await asyncio.sleep(await self._until_lost())
        finally:
            self.is_read = False

    async def _until_lost(self) -> float:
        """How many seconds to wait before it is connected again."""
        pause_s = self._settings.reconnect_s
        async with self._opened() as venue:
            try:
                await self._read(venue)
            except VenueTrouble as trouble:
                log.warning("feed.lost", venue=venue.name, refusal=trouble.code, message=trouble.message)
                self.pulse.failed(self._clock.now(), trouble.code, trouble.message)
                pause_s = max(pause_s, trouble.retry_after_s or 0)
            finally:
                self.pulse.ended()
        return pause_s

    async def _read(self, venue: Venue) -> None:
        pairs = self._catalogue.pairs(venue.name)
        if not pairs:
            return
        seen_s = dict.fromkeys(pairs, self._clock.monotonic())
        # A connection can be open and dead: the venue's own pings, every three minutes, are too late.
        async with aclosing(venue.watch(pairs, silence_s=self._settings.silence_max_s)) as ticks:
            async for tick in ticks:
                await self._take(venue, tick, seen_s)
                for asked in await self._ask_for_the_quiet(venue, seen_s):
                    await self._take(venue, asked, seen_s)

    async def _take(self, venue: Venue, tick: Tick, seen_s: dict[Pair, float]) -> None:
        seen_s[tick.pair] = self._clock.monotonic()
        self.pulse.tick(tick.at, tick.received_at)
        await self._observations.take(venue.name, tick)

    async def _ask_for_the_quiet(self, venue: Venue, seen_s: dict[Pair, float]) -> tuple[Tick, ...]:
        """Venues say nothing of a pair that stands still. It has a price nevertheless: ask for it."""
        before_s = self._clock.monotonic() - self._settings.quiet_max_s
        quiet = [pair for pair, at_s in seen_s.items() if at_s < before_s]
        self.pulse.asked(len(quiet))
        return await venue.rates(quiet) if quiet else ()
