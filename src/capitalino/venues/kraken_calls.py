"""Call Kraken: signed calls one at a time, each sent once, and the envelope of every answer opened."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from capitalino.kit.clock import Clock
from capitalino.venues.asking import called, closed, read
from capitalino.venues.kraken_client import open_client
from capitalino.venues.kraken_replies import Envelope, TimeReply
from capitalino.venues.kraken_trouble import TOO_LATE, trouble
from capitalino.venues.port import VenueTrouble
from capitalino.venues.replies import EPOCH
from capitalino.venues.settings import VenueSettings

CLOCK_KEPT = timedelta(hours=1)
IN_STEP = timedelta(seconds=2)
judged = partial(called, trouble)
"""What the client answers; what it raises as the trouble that it is at Kraken."""


class Calls:
    """The calls with one key. It connects when it is first used."""

    def __init__(self, settings: VenueSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._compared_at: datetime | None = None
        self._ahead = timedelta(0)
        self._turn = asyncio.Lock()
        self.client: Any = None

    async def close(self) -> None:
        """Close every connection."""
        if self.client is not None:
            await closed(self.client)
            self.client = None

    async def ask(self, call: str, asked: dict[str, Any], *, changes: bool = False) -> Any:
        """One request, never repeated."""
        if self.client is None:
            self.client = open_client(self._settings)
        ask = partial(judged, getattr(self.client, call), asked, changes=changes)
        try:
            if call.startswith("private"):
                # Two at a time could arrive in another order than that of their nonces.
                async with self._turn:
                    raw = await ask()
            else:
                raw = await ask()
        except VenueTrouble as refusal:
            if refusal.code == TOO_LATE:
                # The clocks may be out of step: they are compared again before the next deadline.
                self._compared_at = None
            raise
        return read(lambda: Envelope.model_validate(raw).result, changes=changes)

    async def by_their_clock(self, instant: datetime) -> datetime:
        """An instant of ours by Kraken's clock, which it tells in whole seconds."""
        now = self._clock.now()
        if self._compared_at is None or now - self._compared_at > CLOCK_KEPT:
            raw = await self.ask("public_get_time", {})
            theirs = read(lambda: TimeReply.model_validate(raw)).unixtime
            ahead = self._clock.now() - (EPOCH + timedelta(seconds=theirs))
            self._ahead = ahead if abs(ahead) > IN_STEP else timedelta(0)
            self._compared_at = now
        return instant - self._ahead
