"""The price of a pair at any instant, past or present: recorded days first, then the recorded path, live."""

from array import array
from dataclasses import dataclass
from functools import lru_cache

from capitalino.sandbox.fitted import fit
from capitalino.sandbox.pace import DAY_MS, Pace
from capitalino.sandbox.recorded import STEP_MS, Recording
from capitalino.sandbox.tape import Tape

MINUTE_MS = 60_000
MINUTES = 1440
QUOTED_MS = 250
"""Prices change four times a second; between two changes every reader sees the same one."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What happened from `opened_ms` to `closed_ms`; prices in millionths, the volume in thousandths."""

    opened_ms: int
    closed_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int


class Prices:
    """One pair. A pure function of time: asked twice about an instant, it answers the same."""

    def __init__(self, recording: Recording, pace: Pace, tape: Tape | None = None) -> None:
        self._days = recording.days
        self._recorded = recording.path
        self._tape = tape or Tape(recording.path, STEP_MS)
        self._pace = pace
        self._usual_volume = sum(day.volume for day in self._days[-30:]) // 30
        self.first_ms = pace.anchor_ms - len(self._days) * DAY_MS
        self._minutes = lru_cache(maxsize=128)(self._fitted)
        self._bar = lru_cache(maxsize=20_000)(self._drawn)

    def at(self, ms: int) -> int:
        """The middle price at an instant."""
        ms = max(ms - ms % QUOTED_MS, self.first_ms)
        if ms >= self._pace.anchor_ms:
            return self._tape.at(self._pace.position(ms))
        day, within = divmod(ms - self.first_ms, DAY_MS)
        return self._minutes(day).at(within)

    def extremes(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """The lowest and the highest price between two instants."""
        anchor = self._pace.anchor_ms
        found = [self.at(start_ms), self.at(end_ms)]
        if end_ms > anchor:
            found += self._tape.extremes(
                self._pace.position(max(start_ms, anchor)), self._pace.position(end_ms)
            )
        past = max(start_ms, self.first_ms)
        while past < min(end_ms, anchor):
            day, within = divmod(past - self.first_ms, DAY_MS)
            stop = min(past - within + DAY_MS, end_ms, anchor)
            found += self._minutes(day).extremes(within, within + stop - past)
            past = stop
        return min(found), max(found)

    def bar(self, opened_ms: int, length_ms: int, now_ms: int) -> Bar:
        """The bar of `length_ms` that opened at `opened_ms`, which may still be open now."""
        if opened_ms + length_ms <= now_ms:
            return self._bar(opened_ms, length_ms)
        return self._drawn(opened_ms, max(now_ms - opened_ms, 1))

    def _fitted(self, day: int) -> Tape:
        """The minutes of a recorded day, shaped like some stretch of the recorded path."""
        a_minute = MINUTE_MS // STEP_MS
        span = MINUTES * a_minute
        start = day * span % (len(self._recorded) - span)
        shape: array[int] = self._recorded[start : start + span + 1 : a_minute]
        return Tape(fit(shape, self._days[day]), MINUTE_MS)

    def _drawn(self, opened_ms: int, length_ms: int) -> Bar:
        closed_ms = opened_ms + length_ms
        day, within = divmod(opened_ms - self.first_ms, DAY_MS)
        if within == 0 and length_ms == DAY_MS and 0 <= day < len(self._days):
            whole = self._days[day]
            return Bar(opened_ms, closed_ms, whole.open, whole.high, whole.low, whole.close, whole.volume)
        low, high = self.extremes(opened_ms, closed_ms)
        daily = self._days[day].volume if 0 <= day < len(self._days) else self._usual_volume
        # Volume is not recorded this finely: the day's share, more or less, the same whenever asked.
        share = 50 + (opened_ms // MINUTE_MS * 2_654_435_761 >> 7) % 101
        volume = daily * length_ms * share // (DAY_MS * 100)
        return Bar(opened_ms, closed_ms, self.at(opened_ms), high, low, self.at(closed_ms), volume)
