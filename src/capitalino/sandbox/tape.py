"""A recorded path played forwards and backwards for ever, so that the price never jumps."""

from array import array


class Tape:
    """Points `step_ms` apart, straight lines between them; past the end it runs back, and forth again."""

    def __init__(self, points: "array[int]", step_ms: int) -> None:
        self.points = points
        self.step_ms = step_ms
        self.lap_ms = (len(points) - 1) * step_ms

    def at(self, position_ms: int) -> int:
        """The value at a position, which counts recorded milliseconds from the beginning and has no end."""
        return self._inside(self._folded(position_ms))

    def extremes(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """The lowest and the highest value from `start_ms` to `end_ms`, both included."""
        if end_ms - start_ms >= 2 * self.lap_ms:
            return min(self.points), max(self.points)
        lows, highs = [], []
        while True:
            stop = min(end_ms, (start_ms // self.lap_ms + 1) * self.lap_ms)
            low, high = self._within_a_lap(*sorted((self._folded(start_ms), self._folded(stop))))
            lows.append(low)
            highs.append(high)
            if stop == end_ms:
                return min(lows), max(highs)
            start_ms = stop

    def _folded(self, position_ms: int) -> int:
        inside = position_ms % (2 * self.lap_ms)
        return inside if inside <= self.lap_ms else 2 * self.lap_ms - inside

    def _inside(self, ms: int) -> int:
        i, part = divmod(ms, self.step_ms)
        if not part:
            return self.points[i]
        return self.points[i] + (self.points[i + 1] - self.points[i]) * part // self.step_ms

    def _within_a_lap(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        ends = [self._inside(start_ms), self._inside(end_ms)]
        between = self.points[-(-start_ms // self.step_ms) : end_ms // self.step_ms + 1]
        return min(*ends, *_lowest(between)), max(*ends, *_highest(between))


def _lowest(points: "array[int]") -> list[int]:
    return [min(points)] if points else []


def _highest(points: "array[int]") -> list[int]:
    return [max(points)] if points else []
