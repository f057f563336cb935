"""Requests to OKX through its client: each is sent once, and what must not come late has a deadline."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from capitalino.kit.clock import Clock
from capitalino.venues.asking import called, closed
from capitalino.venues.okx_client import DEADLINE, open_client
from capitalino.venues.okx_trouble import CLOCK, trouble
from capitalino.venues.port import Again
from capitalino.venues.replies import millis
from capitalino.venues.settings import VenueSettings

CLOCK_KEPT = timedelta(hours=1)
judged = partial(called, trouble)
"""What the client answers; what it raises as the trouble that it is at OKX."""


class Calls:
    """One client, opened when something is first asked."""

    def __init__(self, settings: VenueSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._compared_at: datetime | None = None
        self.client: Any = None

    async def close(self) -> None:
        """Close every connection."""
        if self.client is not None:
            await closed(self.client)
            self.client = None

    async def ask(
        self, call: str, asked: dict[str, Any], *, changes: bool = False, deadline: datetime | None = None
    ) -> Any:
        """One request, never repeated. The clock is put right after a refusal because of it."""
        if self.client is None:
            self.client = open_client(self._settings)
        if deadline is not None:
            asked |= {DEADLINE: str(await self._by_their_clock(deadline))}
        try:
            return await judged(getattr(self.client, call), asked, changes=changes)
        except Again as refusal:
            if refusal.code in CLOCK:
                await self._compare_clocks()
            raise

    async def _by_their_clock(self, instant: datetime) -> int:
        """An instant of ours in milliseconds of OKX's.

        OKX takes requests of clocks that are half a minute wrong; a deadline would then be as wrong.
        """
        if self._compared_at is None or self._clock.now() - self._compared_at > CLOCK_KEPT:
            await self._compare_clocks()
        return millis(instant) - int(self.client.options["timeDifference"])

    async def _compare_clocks(self) -> None:
        await judged(self.client.load_time_difference, changes=False)
        self._compared_at = self._clock.now()
