"""Live prices put together: the feeds, where their ticks go, and what is answered from them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from capitalino.kit.loops import Loop
from capitalino.kit.module import Given
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.feed_health import Feeds
from capitalino.services.market.service.feeds import Feed
from capitalino.services.market.service.observations import Observations
from capitalino.services.market.service.prices import Prices, rules
from capitalino.services.market.settings import MarketSettings
from capitalino.venues.port import Venue


class Live:
    """All that has to do with the prices of now, in one replica."""

    def __init__(
        self,
        given: Given,
        catalogue: Catalogue,
        venues: Mapping[str, Callable[[], Venue]],
        settings: MarketSettings,
    ) -> None:
        self._bus, self._settings = given.bus, settings
        self.prices = Prices(catalogue, rules(settings), given.clock)
        self.observations = Observations(given, self.prices, pause_s=settings.signal_pause_s)
        self.each = tuple(
            Feed(name, opened, catalogue, self.observations, clock=given.clock, settings=settings)
            for name, opened in venues.items()
        )
        self.feeds = Feeds(self.each, given.bus, given.clock)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Each venue is read by one replica; whichever that is, all of them answer."""
        settings, seen = self._settings, self.observations
        return (
            *(Loop(f"market-feed-{feed.name}", 0, feed.round, lease=True) for feed in self.each),
            Loop("market-feeds", 1, self.feeds.tell),
            Loop("market-signals", settings.signal_pause_s / 2, seen.signal),
            Loop("market-minutes", settings.minutes_every_s, seen.keep_minutes),
            Loop("market-look-back", 10, seen.look_back),
        )

    @property
    def resources(self) -> tuple[Callable[[], AbstractAsyncContextManager[Any]], ...]:
        """What has to be open while they run."""
        return partial(self.prices.listening, self._bus), self.feeds.listening
