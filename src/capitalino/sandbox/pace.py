"""How far the recording is played at an instant: speed may change at a start, the position never jumps."""

from bisect import bisect_right
from dataclasses import dataclass

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `from_ms` on, the recording is played `speed` times as fast as it happened."""

    from_ms: int
    position_ms: int
    speed: int

    def position(self, at_ms: int) -> int:
        """The recorded milliseconds played at an instant of this stretch."""
        return self.position_ms + (at_ms - self.from_ms) * self.speed


class Pace:
    """The stretches since the first start, oldest first. Before the first of them lie the recorded days."""

    def __init__(self, stretches: list[Stretch]) -> None:
        assert stretches, "a pace begins somewhere"
        self._stretches = stretches
        self._starts = [stretch.from_ms for stretch in stretches]

    @classmethod
    def beginning(cls, now_ms: int, speed: int) -> "Pace":
        """The pace of a first start: it begins at the last midnight (UTC), where the recorded days end."""
        return cls([Stretch(now_ms - now_ms % DAY_MS, 0, speed)])

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """What must be kept to go on after a restart."""
        return tuple(self._stretches)

    @property
    def anchor_ms(self) -> int:
        """The midnight at which the live path begins."""
        return self._starts[0]

    def position(self, at_ms: int) -> int:
        """The recorded milliseconds played at an instant on or after the anchor."""
        return self._stretches[max(bisect_right(self._starts, at_ms) - 1, 0)].position(at_ms)

    def at_speed(self, now_ms: int, speed: int) -> "Pace":
        """This pace up to now, and `speed` from here on."""
        if self._stretches[-1].speed == speed:
            return self
        return Pace([*self._stretches, Stretch(now_ms, self.position(now_ms), speed)])
