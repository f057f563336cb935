"""Minutes that fit a recorded day."""

from hypothesis import given
from hypothesis import strategies as st

from capitalino.sandbox.fitted import fit
from capitalino.sandbox.recorded import Day

price = st.integers(1_000_000, 10**11)
shapes = st.lists(price, min_size=10, max_size=60)


@given(shapes, st.lists(price, min_size=4, max_size=4).map(sorted), st.sampled_from([1, -1]))
def test_the_minutes_have_the_open_high_low_and_close_of_their_day(
    shape: list[int], prices: list[int], turn: int
) -> None:
    low, *between, high = prices
    first, last = between[::turn]
    minutes = fit(shape, Day(first, high, low, last, volume=1))
    assert (minutes[0], minutes[-1]) == (first, last)
    assert (min(minutes), max(minutes)) == (low, high)
    assert len(minutes) == len(shape)
