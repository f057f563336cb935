"""What arrives at a venue, in the words of payments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from capitalino.kit.clock import Clock
from capitalino.money import ASSETS
from capitalino.services.payments.adapters.venue import units
from capitalino.services.payments.errors.payments import DepositUnsupported, VenueAway
from capitalino.venues.port import Deposit, DepositState, Never, Venue, VenueTrouble

OVERLAP = timedelta(days=1)
"""Deposits are listed again for this long: a venue may put one in behind those that it has shown."""
FARTHEST = timedelta(days=80)
"""Venues list no more than about ninety days at once."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came in at the venue, confirmed."""

    reference: str
    asset: str
    network: str
    units: int
    tag: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """What was confirmed, and from when on the list has to be read again once this is stored."""

    arrived: tuple[Arrived, ...]
    watermark: datetime


class Arrivals:
    """What comes in at a venue."""

    def __init__(self, venue: Venue, clock: Clock) -> None:
        self._venue, self._clock = venue, clock

    @property
    def venue(self) -> str:
        """The venue's name."""
        return self._venue.name

    async def address(self, asset: str) -> tuple[str, str]:
        """Our network and address there for an asset."""
        try:
            found = await self._venue.deposit_address(asset)
        except Never as error:
            raise DepositUnsupported("This asset cannot be deposited here.", asset=asset) from error
        except VenueTrouble as error:
            raise _away(self.venue, error) from error
        return found.network, found.address

    async def since(self, begin: datetime | None) -> Listed:
        """What was confirmed of all that the venue has listed from `begin` on.

        The next list begins with the oldest that is not final there, and with what may still be put in.
        """
        now = self._clock.now()
        begin = max(begin or now - OVERLAP, now - FARTHEST)
        try:
            found = await self._venue.deposits(begin)
        except VenueTrouble as error:
            raise _away(self.venue, error) from error
        again = [one.at for one in found if one.state is DepositState.PENDING]
        again += [max(one.at for one in found) - OVERLAP] if found else []
        arrived = tuple(_arrived(one) for one in found if _is_ours(one))
        return Listed(arrived, max(begin, min(again, default=begin)))


def _away(venue: str, error: VenueTrouble) -> VenueAway:
    asked = {"retry_after_s": error.retry_after_s} if error.retry_after_s else {}
    return VenueAway("The exchange is not available.", venue=venue, **asked)


def _is_ours(one: Deposit) -> bool:
    return one.state is DepositState.CREDITED and one.asset in ASSETS


def _arrived(one: Deposit) -> Arrived:
    whole = units(one.amount, ASSETS[one.asset].scale)
    return Arrived(one.deposit_id, one.asset, one.network, whole, one.tag, one.at)
