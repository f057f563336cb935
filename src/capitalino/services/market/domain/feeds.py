"""How a feed does: since when it is connected, what came last, how much comes, and what went wrong."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNTOLD_S = 5.0
"""Nothing was told of a feed for so long: nobody reads it, or the word does not come through."""
BEATS = 10
"""The pace of a feed is that of so many beats, which come once a second."""


class FeedState(StrEnum):
    """How a feed does, in a word."""

    LIVE = "live"
    LOST = "lost"
    UNREAD = "unread"  # no replica reads it now


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """A venue's feed, as the one replica tells that reads it. Counts are those since it began to."""

    venue: str
    connected_at: datetime | None = None
    """The first tick of the connection that stands; None: none does."""
    last_tick_at: datetime | None = None
    lag_ms: int | None = None
    """How far the venue's clock was behind ours with the last tick. Clocks differ: it may be below 0."""
    ticks: int = 0
    ticks_per_s: float = 0
    reconnects: int = 0
    quiet: int = 0
    """How often a pair stood still for so long that it was asked for."""
    failed_at: datetime | None = None
    error: str | None = None
    message: str | None = None

    def state(self, told_s_ago: float | None) -> FeedState:
        """In a word, told so many seconds ago; None: never."""
        if told_s_ago is None or told_s_ago > UNTOLD_S:
            return FeedState.UNREAD
        return FeedState.LIVE if self.connected_at else FeedState.LOST


class Pulse:
    """Counts what comes from one feed."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._connected_at: datetime | None = None
        self._last_tick_at: datetime | None = None
        self._lag: timedelta | None = None
        self._failure: tuple[datetime, str, str] | None = None
        self._ticks = self._connections = self._quiet = 0
        self._beats: deque[tuple[float, int]] = deque(maxlen=BEATS + 1)

    def tick(self, at: datetime, received_at: datetime) -> None:
        """One came, of an instant by the venue's clock."""
        if self._connected_at is None:
            self._connected_at = received_at
            self._connections += 1
        self._last_tick_at, self._lag = received_at, received_at - at
        self._ticks += 1

    def asked(self, pairs: int) -> None:
        """So many pairs stood still and were asked for."""
        self._quiet += pairs

    def failed(self, now: datetime, error: str, message: str) -> None:
        """It went wrong."""
        self._failure = now, error, message

    def ended(self) -> None:
        """The connection is over."""
        self._connected_at = None

    def beat(self, now_s: float) -> FeedHealth:
        """How it does now."""
        self._beats.append((now_s, self._ticks))
        (first_s, first), passed_s = self._beats[0], now_s - self._beats[0][0]
        failed_at, error, message = self._failure or (None, None, None)
        return FeedHealth(
            venue=self._venue,
            connected_at=self._connected_at,
            last_tick_at=self._last_tick_at,
            lag_ms=None if self._lag is None else self._lag // timedelta(milliseconds=1),
            ticks=self._ticks,
            ticks_per_s=round((self._ticks - first) / passed_s, 1) if now_s > first_s else 0,
            reconnects=max(self._connections - 1, 0),
            quiet=self._quiet,
            failed_at=failed_at,
            error=error,
            message=message,
        )
