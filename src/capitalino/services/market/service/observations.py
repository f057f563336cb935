"""Where ticks go, whichever venue they come from: to every replica, and into the candles of minutes."""

from datetime import timedelta
from decimal import Decimal

import structlog

from capitalino.kit.module import Given
from capitalino.services.market.domain.candles import Minutes
from capitalino.services.market.domain.prices import Conflation, Observation
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.prices import SUBJECT, Prices, PriceSignal
from capitalino.services.market.store import candles as store
from capitalino.venues.port import Tick

log = structlog.get_logger()
DAY = timedelta(days=1)


class Observations:
    """Takes ticks in the one replica that reads the venue; in the others it has nothing to do."""

    def __init__(self, given: Given, catalogue: Catalogue, prices: Prices, *, pause_s: float) -> None:
        self._db, self._bus, self._clock = given.db, given.bus, given.clock
        self._catalogue, self._prices = catalogue, prices
        self._minutes = Minutes()
        self._conflation = Conflation(pause_s)
        self._day_before: dict[str, Decimal] = {}

    async def take(self, venue: str, tick: Tick) -> None:
        """Count one tick. It is as old as our knowing of it: the venue's clock is not ours."""
        instrument = str(tick.pair)
        try:
            told = Observation(instrument, venue, tick.bid, tick.ask, tick.received_at)
        except ValueError as error:
            log.warning("tick.not_believed", venue=venue, error=str(error))
            return
        told = told.compared(self._day_before.get(instrument, tick.open_24h))
        if self._catalogue.first_venue(instrument) == venue:
            self._minutes.add(instrument, told.mid, told.at)
        self._conflation.offer(told)
        await self.signal()

    async def signal(self) -> None:
        """Send what is due. Our own replica is told directly: it needs no bus for what it has read."""
        for told in self._conflation.due(self._clock.monotonic()):
            self._prices.hear(told)
            if not self._bus.is_open:
                continue  # kept back until the bus is there again, it would be an old price
            subject = f"{SUBJECT}.{told.instrument.replace('/', '.')}"
            await self._bus.signal(subject, PriceSignal.of(told).model_dump(mode="json"))

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
