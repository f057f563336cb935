"""The minutes of a recorded day: a recorded stretch, fitted to the day's open, high, low and close."""

from array import array
from collections.abc import Sequence

from capitalino.sandbox.recorded import Day

PRECISION = 10**6


def fit(shape: Sequence[int], day: Day) -> "array[int]":
    """Points in the shape of `shape`: from the day's open to its close, touching its high and its low."""
    last = len(shape) - 1
    lines = [day.open + (day.close - day.open) * i // last for i in range(last + 1)]
    deviations = [point - (shape[0] + (shape[last] - shape[0]) * i // last) for i, point in enumerate(shape)]
    deviations[0] = deviations[last] = 0
    points = array("q", lines)
    touched = _stretch(points, lines, deviations, day.high)
    _stretch(points, lines, [-deviation for deviation in deviations], day.low, keep=touched)
    return points


def _stretch(
    points: "array[int]", lines: list[int], deviations: list[int], limit: int, keep: int | None = None
) -> int:
    """Scale what deviates to one side, so that the path touches `limit` and passes it nowhere. Says where."""
    away = [i for i, deviation in enumerate(deviations) if deviation > 0 and i != keep]
    if not away:
        third = len(points) // 3
        touching = third if third != keep else third + 1
    else:
        sign = 1 if limit >= lines[away[0]] else -1
        rooms = [abs(limit - lines[i]) * PRECISION // deviations[i] for i in away]
        scale = min(rooms)
        touching = away[rooms.index(scale)]
        for i in away:
            points[i] = lines[i] + sign * (deviations[i] * scale // PRECISION)
    points[touching] = limit
    return touching
