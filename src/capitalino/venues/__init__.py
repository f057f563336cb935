"""The exchanges of the outside world behind one port. `open_venue` is the way in."""

from collections.abc import Callable

from capitalino.kit.clock import SYSTEM, Clock
from capitalino.venues.binance import Binance
from capitalino.venues.coinbase import Coinbase
from capitalino.venues.kraken import Kraken
from capitalino.venues.okx import Okx
from capitalino.venues.port import Venue
from capitalino.venues.settings import VenueSettings

__all__ = ["Venue", "VenueSettings", "open_venue"]
VENUES: dict[str, Callable[[VenueSettings, Clock], Venue]] = {
    "binance": Binance,
    "coinbase": Coinbase,
    "kraken": Kraken,
    "okx": Okx,
}


def open_venue(name: str, settings: VenueSettings, clock: Clock = SYSTEM) -> Venue:
    """The venue of this name. It connects when it is first asked; leaving `async with` closes it."""
    return VENUES[name](settings, clock)
