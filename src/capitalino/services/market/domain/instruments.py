"""What can be held, what has a price, and where it is listed."""

from dataclasses import dataclass
from decimal import Decimal

from capitalino.money import Asset


@dataclass(frozen=True, slots=True)
class NamedAsset:
    """An asset with the name that people know it by."""

    asset: Asset
    name: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """What has a price of its own: one `base` in `quote`. No price is read while it is not open."""

    code: str
    base: str
    quote: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument on a venue, with the limits of orders there."""

    venue: str
    instrument: str
    price_tick: Decimal
    lot: Decimal
    cost_min: Decimal
