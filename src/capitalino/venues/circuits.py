"""Whether a venue may be asked now: a circuit for each group of operations, and the pauses it asks for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import structlog

from capitalino.kit.breaker import Breaker, CircuitOpen, State, Tuning
from capitalino.kit.clock import Clock
from capitalino.venues.port import Again, Never, VenueTrouble

log = structlog.get_logger()
T = TypeVar("T")
TUNING = Tuning(cooldown_s=5, cooldown_max_s=300)
"""When half of five calls or more have failed: five seconds, then ever longer, up to five minutes."""
OPEN = "circuit_open"


class Group(StrEnum):
    """What fails together: a venue may tell prices and take no orders."""

    PRICES = "prices"
    TRADING = "trading"
    RECEIVING = "receiving"


@dataclass(frozen=True, slots=True)
class Health:
    """How a group of a venue's operations is, as this process has met it."""

    group: Group
    state: State
    wait_s: float
    """How long it is left alone."""
    trouble: str | None
    """The last one, by its code; its answer that something is not done, ever, is none."""
    trouble_at: datetime | None


class Circuits:
    """The circuits of one venue, in one process. A pause that the venue asks for is kept by all of them.

    Never is an answer like any other: the venue is well. Again, Unknown and time-outs are trouble.
    """

    def __init__(self, name: str, clock: Clock) -> None:
        self._name, self._clock = name, clock
        self._circuits = {
            group: Breaker(f"{name} {group}", TUNING, is_failure=_is_trouble, on_change=_told, clock=clock)
            for group in Group
        }
        self._troubles: dict[Group, tuple[str, datetime]] = {}
        self._alone_until = 0.0

    async def call(self, group: Group, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` returns or raises; Again, and certainly nothing done, when it was not tried."""
        left_s = self._alone_until - self._clock.monotonic()
        if left_s > 0:
            raise self._shut(left_s)
        try:
            return await self._circuits[group].call(work)
        except CircuitOpen as refusal:
            raise self._shut(refusal.details["retry_after_s"]) from None
        except VenueTrouble as trouble:
            if _is_trouble(trouble):
                self._troubles[group] = (trouble.code, self._clock.now())
                until = self._clock.monotonic() + (trouble.retry_after_s or 0)
                self._alone_until = max(self._alone_until, until)
            raise

    def wait_s(self, group: Group) -> float:
        """How long until it would be asked; 0: now."""
        return max(self._circuits[group].wait_s, self._alone_until - self._clock.monotonic(), 0.0)

    def health(self) -> tuple[Health, ...]:
        """How each group is."""
        nothing = (None, None)
        return tuple(
            Health(group, circuit.state, self.wait_s(group), *self._troubles.get(group, nothing))
            for group, circuit in self._circuits.items()
        )

    def _shut(self, left_s: float) -> Again:
        return Again(OPEN, f"{self._name} is left alone for now", retry_after_s=max(1, round(left_s)))


def _is_trouble(error: Exception) -> bool:
    return not isinstance(error, Never)


def _told(name: str, before: State, now: State) -> None:
    log.warning("circuit.turned", circuit=name, before=before.value, now=now.value)
