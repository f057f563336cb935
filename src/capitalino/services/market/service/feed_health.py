"""How the feeds do. Only the replica that reads a venue knows: it tells the others once a second."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from capitalino.kit.bus import Bus
from capitalino.kit.clock import Clock
from capitalino.services.market.domain.feeds import FeedHealth, FeedState
from capitalino.services.market.service.feeds import Feed
from capitalino.services.market.service.signals import FEEDS, FeedSignal

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FeedTold:
    """How a feed does, when that was last told, and what it comes to."""

    health: FeedHealth
    told_at: datetime | None
    state: FeedState


class Feeds:
    """What was last told of every feed, whichever replica reads it."""

    def __init__(self, feeds: Sequence[Feed], bus: Bus, clock: Clock) -> None:
        self._feeds = tuple(feeds)
        self._bus, self._clock = bus, clock
        self._heard: dict[str, tuple[FeedHealth, float]] = {}

    def all(self) -> list[FeedTold]:
        """One for each venue that is read, in the order of the settings."""
        return [self._told(feed.name) for feed in self._feeds]

    async def tell(self) -> None:
        """Tell of those that this replica reads."""
        for feed in self._feeds:
            if not feed.is_read:
                continue
            health = feed.pulse.beat(self._clock.monotonic())
            self._hear(health)
            if self._bus.is_open:
                told = FeedSignal.of(health).model_dump(mode="json")
                await self._bus.signal(f"{FEEDS}.{health.venue}", told)

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """Hear what the other replicas tell."""
        subscription = await self._bus.listen(f"{FEEDS}.>", self.hear_signal)
        yield
        await subscription.unsubscribe()

    async def hear_signal(self, subject: str, payload: dict[str, Any]) -> None:
        """Keep it. What makes no sense is left alone: the next is near."""
        try:
            self._hear(FeedSignal.model_validate(payload).health())
        except ValidationError:
            log.warning("feed.not_understood", subject=subject)

    def _hear(self, health: FeedHealth) -> None:
        self._heard[health.venue] = health, self._clock.monotonic()

    def _told(self, venue: str) -> FeedTold:
        if venue not in self._heard:
            return FeedTold(FeedHealth(venue), None, FeedState.UNREAD)
        health, heard_s = self._heard[venue]
        passed_s = self._clock.monotonic() - heard_s
        told_at = self._clock.now() - timedelta(seconds=passed_s)
        return FeedTold(health, told_at, health.state(passed_s))
