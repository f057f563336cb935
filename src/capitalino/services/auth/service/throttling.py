"""Slowing down guesses, by login and place together: no stranger can lock somebody out."""

from dataclasses import dataclass
from math import ceil

from capitalino.kit.clock import Clock
from capitalino.kit.db import Tx
from capitalino.services.auth.domain.delays import FROM_ANYWHERE, FROM_ONE_PLACE, Factor, charged
from capitalino.services.auth.errors import TooManyTries
from capitalino.services.auth.store import throttles
from capitalino.services.auth.store.throttles import Counter

ANYWHERE = b""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a try comes from: a device that this login knows, or else an address."""

    origin: bytes
    is_known: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """A try that was counted; a good one is forgiven."""

    alone: Counter
    together: Counter | None


class Throttle:
    """Counts a try before it is made, so that a thousand at once are a thousand tries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def charge(self, tx: Tx, factor: Factor, subject: bytes, place: Place) -> Charge:
        """Count one try at `subject`'s factor; TooManyTries while it has to wait, which counts nothing.

        The transaction has to commit before the try is made.
        """
        alone = Counter(factor, subject, place.origin)
        together = None if place.is_known else Counter(factor, subject, ANYWHERE)
        paces = {alone: FROM_ONE_PLACE} | ({together: FROM_ANYWHERE[factor]} if together else {})
        now = self._clock.now()
        tallies = {counter: await throttles.locked(tx, counter, now) for counter in sorted(paces)}
        wait = max(tally.wait(now) for tally in tallies.values())
        if wait:
            seconds = ceil(wait.total_seconds())
            raise TooManyTries("Too many wrong tries; wait a little.", retry_after_s=seconds)
        for counter, tally in tallies.items():
            await throttles.save(tx, counter, charged(tally, paces[counter], now))
        return Charge(alone, together)

    async def forgive(self, tx: Tx, charge: Charge) -> None:
        """It was right: forget the wrong ones from this place. Those from elsewhere still count."""
        if charge.together:
            await throttles.take_back(tx, charge.together)
        await throttles.clear(tx, charge.alone)
