"""The venues that the settings name, each as a way to open it."""

from collections.abc import Callable, Mapping
from functools import partial

from capitalino.kit.module import Given
from capitalino.services.market.settings import MarketSettings
from capitalino.venues import Venue, VenueSettings, open_venue, stand_in


def venues(given: Given, settings: MarketSettings) -> Mapping[str, Callable[[], Venue]]:
    """In the order of the settings. Prices are public: no key is needed."""
    url = given.shared.venues_url
    return {
        name: partial(open_venue, name, VenueSettings(stand_in(url, name)), given.clock)
        for name in settings.venues
    }
