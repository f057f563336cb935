"""One request to Coinbase, or the pages of a list, by ccxt's client."""

from collections.abc import AsyncGenerator
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from capitalino.kit.clock import Clock
from capitalino.venues.asking import called, closed, read
from capitalino.venues.coinbase_client import VALID_UNTIL_MS, open_client
from capitalino.venues.coinbase_pages import Page
from capitalino.venues.coinbase_trouble import CLOCK, trouble
from capitalino.venues.port import Again
from capitalino.venues.replies import Millis, Reply, millis
from capitalino.venues.settings import VenueSettings

P = TypeVar("P", bound=Page)
ARRIVES_WITHIN_MS = 10_000
"""An order that reaches Coinbase longer than this after its time is refused there."""
judged = partial(called, trouble)
"""What the client answers; what it raises as the trouble that it is at Coinbase."""


class TimeReply(Reply):
    """What Coinbase's clock shows."""

    epochMillis: Millis  # noqa: N815 - Coinbase's name


class Calls:
    """Opens its client when it is first asked."""

    def __init__(self, settings: VenueSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._client: Any = None

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await closed(self._client)
            self._client = None

    async def ask(
        self, call: str, asked: dict[str, Any], *, changes: bool = False, sent_at: datetime | None = None
    ) -> Any:
        """One request, never repeated. The clock is put right after a refusal because of it.

        Left to itself, the client would sign with the time of when it gets to it.
        """
        if self._client is None:
            self._client = open_client(self._settings)
        if sent_at is not None:
            ahead_ms = int(self._client.options["timeDifference"])
            asked |= {VALID_UNTIL_MS: millis(sent_at) - ahead_ms + ARRIVES_WITHIN_MS}
        try:
            return await judged(getattr(self._client, call), asked, changes=changes)
        except Again as refusal:
            if refusal.code == CLOCK:
                await self._put_clock_right()
            raise

    async def pages(self, call: str, asked: dict[str, Any], shape: type[P]) -> AsyncGenerator[P]:
        """The pages of a list, one after the other; the caller may stop when it has seen enough."""
        onward: dict[str, str] | None = {}
        while onward is not None:
            raw = await self.ask(call, asked | onward)
            page = read(lambda raw=raw: shape.model_validate(raw))  # type: ignore[misc]
            yield page
            onward = page.onward or None

    async def _put_clock_right(self) -> None:
        raw = await judged(self._client.v3_public_get_brokerage_time, changes=False)
        theirs = read(lambda: TimeReply.model_validate(raw)).epochMillis
        self._client.options["timeDifference"] = millis(self._clock.now()) - theirs
