"""Where ticks go, whichever venue they come from: to every replica, and judged, to everybody."""

from datetime import timedelta
from decimal import Decimal

import structlog

from capitalino.kit.module import Given
from capitalino.services.market.domain.candles import Minutes
from capitalino.services.market.domain.prices import Conflation, Observation
from capitalino.services.market.service.prices import Prices
from capitalino.services.market.service.signals import PRICES, TICKS, PriceSignal, TickSignal, subject
from capitalino.services.market.store import candles as store
from capitalino.venues.port import Tick

log = structlog.get_logger()
DAY = timedelta(days=1)


class Observations:
    """Takes ticks in the replica that reads the venue; in the others it has nothing to do.

    Where venues are read by several replicas, each tells the price when its own venues have moved it.
    """

    def __init__(self, given: Given, prices: Prices, *, pause_s: float) -> None:
        self._db, self._bus, self._clock = given.db, given.bus, given.clock
        self._prices = prices
        self._minutes = Minutes()
        self._ticks: Conflation[tuple[str, str], Observation] = Conflation(pause_s)
        self._moved: Conflation[str, str] = Conflation(pause_s)
        self._day_before: dict[str, Decimal] = {}

    async def take(self, venue: str, tick: Tick) -> None:
        """Count one tick. It is as old as our knowing of it: the venue's clock is not ours."""
        instrument = str(tick.pair)
        try:
            told = Observation(instrument, venue, tick.bid, tick.ask, tick.received_at)
        except ValueError as error:
            log.warning("tick.not_believed", venue=venue, error=str(error))
            return
        key = instrument, venue
        self._ticks.offer(key, told.compared(self._day_before.get(instrument, tick.open_24h)))
        due = self._ticks.take(key, self._clock.monotonic())
        if due is not None:
            await self._tell(due)

    async def signal(self) -> None:
        """Send what has waited and is due."""
        now_s = self._clock.monotonic()
        for told in self._ticks.due(now_s):
            await self._tell(told)
        for instrument in self._moved.due(now_s):
            await self._judge(instrument)

    async def _tell(self, told: Observation) -> None:
        """Our own replica is told directly: it needs no bus for what it has read."""
        self._prices.hear(told)
        await self._send(TICKS, told.instrument, TickSignal.of(told))
        self._moved.offer(told.instrument, told.instrument)
        if self._moved.take(told.instrument, self._clock.monotonic()):
            await self._judge(told.instrument)

    async def _judge(self, instrument: str) -> None:
        """What has moved has another price; without a quorum nothing is said, and no candle is made."""
        price = self._prices.weigh(instrument).price
        if price is not None:
            self._minutes.add(instrument, price.mid, price.at)
            await self._send(PRICES, instrument, PriceSignal.of(instrument, price))

    async def _send(self, prefix: str, instrument: str, told: TickSignal | PriceSignal) -> None:
        # Kept back until the bus is there again, it would be an old price.
        if self._bus.is_open:
            await self._bus.signal(subject(prefix, instrument), told.model_dump(mode="json"))

    async def keep_minutes(self) -> None:
        """Store the candles of minutes that have changed."""
        made = self._minutes.take()
        if not made:
            return
        is_kept = False
        try:
            async with self._db.begin() as tx:
                await store.keep_minutes(tx, made)
            is_kept = True
        finally:
            if not is_kept:
                self._minutes.put_back(made)

    async def look_back(self) -> None:
        """Find out what everything cost a day ago, to say how far it has gone since."""
        async with self._db.read() as tx:
            self._day_before = await store.prices_at(tx, self._clock.now() - DAY)
