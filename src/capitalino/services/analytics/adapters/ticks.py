"""Live prices, kept in memory as long as they are fresh."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import structlog

from capitalino.kit.bus import Bus
from capitalino.kit.clock import Clock
from capitalino.money import WIDE
from capitalino.services.analytics.domain.prices import ONE, Pair, Tick

log = structlog.get_logger()
PRICES = "market.price.>"


class Ticks:
    """The latest tick of each instrument."""

    def __init__(self, clock: Clock, age_max_s: float) -> None:
        self._clock, self._age_max_s = clock, age_max_s
        self._heard: dict[Pair, tuple[float, Tick]] = {}

    @asynccontextmanager
    async def listening(self, bus: Bus) -> AsyncGenerator[None]:
        """A resource of the process."""
        ear = await bus.listen(PRICES, self.hear)
        yield
        if not bus.nc.is_closed:
            await ear.unsubscribe()

    async def hear(self, subject: str, payload: dict[str, Any]) -> None:
        """Keep it. What makes no sense is left alone: the next is near."""
        try:
            base, quote = str(payload["instrument"]).split("/")
            rate, change = Decimal(payload["mid"]), payload.get("change_24h")
            day_ago = None if change is None else WIDE.divide(rate, ONE + Decimal(change))
            tick = Tick(rate, day_ago, datetime.fromisoformat(payload["at"]))
        except (KeyError, TypeError, ValueError, InvalidOperation, ZeroDivisionError):
            log.warning("price.not_understood", subject=subject)
            return
        if rate.is_finite() and rate > 0:
            self._heard[base, quote] = self._clock.monotonic(), tick

    def fresh(self) -> dict[Pair, Tick]:
        """Those that were heard a moment ago."""
        since = self._clock.monotonic() - self._age_max_s
        return {pair: tick for pair, (heard_at, tick) in self._heard.items() if heard_at >= since}
