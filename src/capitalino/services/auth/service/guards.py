"""What stands in front of everything that could be guessed or flooded."""

from dataclasses import dataclass

from capitalino.kit.limits import Limits
from capitalino.services.auth.service.passwords import Passwords
from capitalino.services.auth.service.places import Places
from capitalino.services.auth.service.throttling import Throttle


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits by address, delays by login and place, and a bounded number of passwords at once."""

    limits: Limits
    places: Places
    throttle: Throttle
    passwords: Passwords
