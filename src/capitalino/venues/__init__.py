"""The exchanges of the outside world behind one port. `open_venue` is the way in."""

from collections.abc import Callable
from typing import Literal

from capitalino.kit.clock import SYSTEM, Clock
from capitalino.venues.binance import Binance
from capitalino.venues.coinbase import Coinbase
from capitalino.venues.kraken import Kraken
from capitalino.venues.okx import Okx
from capitalino.venues.port import Venue, WholeVenue
from capitalino.venues.settings import VenueSettings

__all__ = ["Venue", "VenueName", "VenueSettings", "WholeVenue", "open_venue", "stand_in"]
VenueName = Literal["binance", "coinbase", "kraken", "okx"]
VENUES: dict[str, Callable[[VenueSettings, Clock], WholeVenue]] = {
    "binance": Binance,
    "coinbase": Coinbase,
    "kraken": Kraken,
    "okx": Okx,
}


def open_venue(name: str, settings: VenueSettings, clock: Clock = SYSTEM) -> WholeVenue:
    """The venue of this name. It connects when it is first asked; leaving `async with` closes it."""
    return VENUES[name](settings, clock)


def stand_in(url: str | None, name: str) -> str | None:
    """Where a sandbox speaks for this venue; None: nobody does, it is the real one."""
    return None if url is None else f"{url.rstrip('/')}/{name}"
