"""Requests to Binance through its client: each is sent once, and some are signed with a time of ours."""

from datetime import datetime
from functools import partial
from typing import Any

from capitalino.venues.asking import called, closed
from capitalino.venues.binance_client import open_client
from capitalino.venues.binance_trouble import CLOCK, trouble
from capitalino.venues.port import Again
from capitalino.venues.replies import millis
from capitalino.venues.settings import VenueSettings

ARRIVES_WITHIN_MS = 10_000
"""Binance refuses what reaches it longer than this after the time that it is signed with."""
judged = partial(called, trouble)
"""What the client answers; what it raises as the trouble that it is at Binance."""


class Calls:
    """One client, opened when something is first asked."""

    def __init__(self, settings: VenueSettings) -> None:
        self._settings = settings
        self.client: Any = None

    async def close(self) -> None:
        """Close every connection."""
        if self.client is not None:
            await closed(self.client)
            self.client = None

    async def ask(
        self, call: str, asked: dict[str, Any], *, changes: bool = False, sent_at: datetime | None = None
    ) -> Any:
        """One request, never repeated. The clock is put right after a refusal because of it.

        Left to itself, the client would sign with the time of when it gets to it.
        """
        if self.client is None:
            self.client = open_client(self._settings)
        if sent_at is not None:
            ahead_ms = int(self.client.options["timeDifference"])
            asked |= {"timestamp": millis(sent_at) - ahead_ms, "recvWindow": ARRIVES_WITHIN_MS}
        try:
            return await judged(getattr(self.client, call), asked, changes=changes)
        except Again as refusal:
            if refusal.code == str(CLOCK):
                await judged(self.client.load_time_difference, changes=False)
            raise
