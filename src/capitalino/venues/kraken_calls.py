"""Call Kraken: signed calls one at a time, each sent once, and the envelope of every answer opened."""

import asyncio
from functools import partial
from typing import Any

from capitalino.venues.asking import called, read
from capitalino.venues.kraken_client import open_client
from capitalino.venues.kraken_replies import Envelope
from capitalino.venues.kraken_trouble import trouble
from capitalino.venues.settings import VenueSettings

judged = partial(called, trouble)
"""What the client answers; what it raises as the trouble that it is at Kraken."""


class Calls:
    """The calls with one key. It connects when it is first used."""

    def __init__(self, settings: VenueSettings) -> None:
        self._settings = settings
        self._turn = asyncio.Lock()
        self.client: Any = None

    async def close(self) -> None:
        """Close every connection."""
        if self.client is not None:
            await self.client.close()
            self.client = None

    async def ask(self, call: str, asked: dict[str, Any], *, changes: bool = False) -> Any:
        """One request, never repeated."""
        if self.client is None:
            self.client = open_client(self._settings)
        ask = partial(judged, getattr(self.client, call), asked, changes=changes)
        if call.startswith("private"):
            # Two at a time could arrive in another order than that of their nonces.
            async with self._turn:
                raw = await ask()
        else:
            raw = await ask()
        return read(lambda: Envelope.model_validate(raw).result, changes=changes)
