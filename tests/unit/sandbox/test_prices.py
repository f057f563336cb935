"""Prices are a pure function of time."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from capitalino.sandbox.pace import DAY_MS, Pace
from capitalino.sandbox.pairs import PAIRS
from capitalino.sandbox.prices import MINUTE_MS, Prices
from capitalino.sandbox.recorded import Recording, load

NOON_MS = int(datetime(2026, 3, 20, 12, tzinfo=UTC).timestamp()) * 1000
HOUR_MS = 60 * MINUTE_MS


@pytest.fixture(scope="module")
def recordings() -> dict[str, Recording]:
    return load()


@pytest.fixture(params=sorted(PAIRS))
def prices(recordings: dict[str, Recording], request: pytest.FixtureRequest) -> Prices:
    return Prices(recordings[request.param], Pace.beginning(NOON_MS, 3))


def test_every_pair_has_at_least_two_years_of_days(recordings: dict[str, Recording]) -> None:
    assert all(len(recordings[name].days) > 730 for name in PAIRS)


def test_recorded_days_make_sense(recordings: dict[str, Recording]) -> None:
    for recording in recordings.values():
        for day in recording.days:
            assert 0 < day.low <= min(day.open, day.close) <= max(day.open, day.close) <= day.high


def test_the_live_path_begins_where_the_days_end(recordings: dict[str, Recording]) -> None:
    for recording in recordings.values():
        assert recording.path[0] == recording.days[-1].close


def test_the_last_recorded_day_is_the_day_before_the_first_start(prices: Prices) -> None:
    yesterday = NOON_MS - NOON_MS % DAY_MS - DAY_MS
    bar = prices.bar(yesterday, DAY_MS, NOON_MS)
    assert bar.close == prices.at(yesterday + DAY_MS)
    assert bar.volume > 0


@pytest.mark.parametrize("days_ago", [1, 2, 30, 400])
def test_the_hours_of_a_recorded_day_add_up_to_it(prices: Prices, days_ago: int) -> None:
    opened = NOON_MS - NOON_MS % DAY_MS - days_ago * DAY_MS
    day = prices.bar(opened, DAY_MS, NOON_MS)
    hours = [prices.bar(opened + hour * HOUR_MS, HOUR_MS, NOON_MS) for hour in range(24)]
    assert hours[0].open == day.open
    assert max(hour.high for hour in hours) == day.high
    assert min(hour.low for hour in hours) == day.low


def test_the_minutes_of_a_live_hour_add_up_to_it(prices: Prices) -> None:
    opened = NOON_MS + 5 * HOUR_MS
    hour = prices.bar(opened, HOUR_MS, opened + DAY_MS)
    minutes = [prices.bar(opened + minute * MINUTE_MS, MINUTE_MS, opened + DAY_MS) for minute in range(60)]
    assert (hour.open, hour.close) == (minutes[0].open, minutes[-1].close)
    assert hour.high == max(minute.high for minute in minutes)
    assert hour.low == min(minute.low for minute in minutes)
    assert all(before.close == after.open for before, after in pairwise(minutes))


def test_the_running_bar_ends_at_the_price_now(prices: Prices) -> None:
    now = NOON_MS + 20 * MINUTE_MS
    bar = prices.bar(NOON_MS, HOUR_MS, now)
    assert bar.close == prices.at(now)
    assert bar.closed_ms == now


def test_the_price_moves_nearly_every_second_and_never_far(prices: Prices) -> None:
    seen = [prices.at(NOON_MS + second * 1000) for second in range(3600)]
    moves = [abs(after - before) for before, after in pairwise(seen)]
    assert sum(move > 0 for move in moves) > 0.8 * len(moves)
    assert max(moves) < seen[0] // 50


def test_two_sandboxes_show_the_same_prices(recordings: dict[str, Recording]) -> None:
    one, other = (Prices(recordings["BTCEUR"], Pace.beginning(NOON_MS, 3)) for _ in range(2))
    assert all(one.at(NOON_MS + i * 7919) == other.at(NOON_MS + i * 7919) for i in range(200))


def test_another_speed_after_a_restart_does_not_move_the_price(recordings: dict[str, Recording]) -> None:
    slow = Pace.beginning(NOON_MS, 1)
    fast = slow.at_speed(NOON_MS + HOUR_MS, 100)
    before, after = (Prices(recordings["BTCEUR"], pace) for pace in (slow, fast))
    assert before.at(NOON_MS + HOUR_MS) == after.at(NOON_MS + HOUR_MS)
    assert before.at(NOON_MS + HOUR_MS - 1000) == after.at(NOON_MS + HOUR_MS - 1000)
    assert before.at(NOON_MS + 2 * HOUR_MS) != after.at(NOON_MS + 2 * HOUR_MS)
