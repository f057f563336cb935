"""A clock that tests set and move by hand."""

from datetime import UTC, datetime, timedelta

import pytest

NOON = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


class SettableClock:
    """Stands still until it is told to move. Keeps `kit.clock.Clock`."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._passed_s = 0.0

    def now(self) -> datetime:
        """The instant that was set."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the clock was made; setting the instant does not move it."""
        return self._passed_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._passed_s += seconds

    def set(self, now: datetime) -> None:
        """Jump, as a machine's clock does when it is corrected."""
        self._now = now


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands at noon."""
    return SettableClock()
