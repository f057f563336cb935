"""A recorded path, played forwards and backwards."""

from array import array
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from capitalino.sandbox.tape import Tape

STEP_MS = 10
points = st.lists(st.integers(1, 10**9), min_size=2, max_size=20)


def tape(values: list[int]) -> Tape:
    return Tape(array("q", values), STEP_MS)


def test_it_runs_to_the_end_and_back() -> None:
    played = tape([0, 100, 300])
    assert [played.at(ms) for ms in (0, 5, 10, 15, 20, 25, 30, 40, 45, 60)] == [
        0, 50, 100, 200, 300, 200, 100, 0, 50, 300,
    ]  # fmt: skip


@given(points, st.integers(0, 10**6))
def test_it_never_jumps(values: list[int], ms: int) -> None:
    played = tape(values)
    steepest = max(abs(after - before) for before, after in pairwise(values))
    assert abs(played.at(ms + 1) - played.at(ms)) <= steepest // STEP_MS + 1


@given(points, st.integers(0, 1000), st.integers(0, 500))
def test_extremes_are_what_is_seen_on_the_way(values: list[int], start: int, length: int) -> None:
    played = tape(values)
    seen = [played.at(ms) for ms in range(start, start + length + 1)]
    assert played.extremes(start, start + length) == (min(seen), max(seen))
