"""How long to wait after wrong tries."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.auth.domain.delays import FROM_ANYWHERE, FROM_ONE_PLACE, Factor, Pace, Tally, charged

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
paces = st.sampled_from([FROM_ONE_PLACE, *FROM_ANYWHERE.values()])


def after(tries: int, pace: Pace) -> Tally:
    tally, now = charged(None, pace, NOON), NOON
    for _ in range(tries - 1):
        now = max(now, tally.blocked_until)
        tally = charged(tally, pace, now)
    return tally


def test_the_first_tries_are_free_then_the_delay_doubles() -> None:
    waits = [after(n, FROM_ONE_PLACE) for n in range(1, 18)]
    seconds = [tally.wait(tally.failed_at).total_seconds() for tally in waits]
    assert seconds == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


@given(paces, st.integers(1, 60))
def test_no_wait_is_for_ever(pace: Pace, tries: int) -> None:
    tally = after(tries, pace)
    assert timedelta() <= tally.wait(tally.failed_at) <= timedelta(seconds=pace.delay_max_s)


@given(paces, st.integers(1, 50))
def test_a_day_without_a_try_is_forgotten(pace: Pace, tries: int) -> None:
    tally = after(tries, pace)
    assert charged(tally, pace, tally.failed_at + timedelta(days=1)).failures == 1


def test_a_replica_whose_clock_is_behind_blocks_nobody_for_a_free_try() -> None:
    assert not after(3, FROM_ONE_PLACE).wait(NOON - timedelta(minutes=10))


def test_a_year_of_guessing_codes_is_hopeless() -> None:
    """Three codes are good at a time out of a million; this is one login tried from everywhere."""
    pace = FROM_ANYWHERE[Factor.CODE]
    tries = pace.free + 10 + 365 * 86_400 / pace.delay_max_s
    assert tries * 3 / 1_000_000 < 0.11
