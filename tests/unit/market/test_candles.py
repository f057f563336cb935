"""Candles are made of what was seen, and of nothing else."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from capitalino.services.market.domain.candles import Candle, Interval, Minutes, Window, window
from tests.support.clock import NOON

MINUTE = timedelta(minutes=1)


def add(minutes: Minutes, *ticks: tuple[float, int], instrument: str = "BTC/EUR") -> None:
    """Ticks as (seconds after noon, price)."""
    for s, price in ticks:
        minutes.add(instrument, Decimal(price), NOON + timedelta(seconds=s))


def figures(candle: Candle) -> tuple[int, int, int, int]:
    """Open, high, low, close."""
    return (int(candle.open), int(candle.high), int(candle.low), int(candle.close))


def test_a_minute_has_its_first_highest_lowest_and_last_price() -> None:
    minutes = Minutes()
    add(minutes, (0, 100), (10, 120), (20, 90), (59.9, 110))
    ((instrument, candle),) = minutes.take()
    assert instrument == "BTC/EUR"
    assert candle.at == NOON
    assert figures(candle) == (100, 120, 90, 110)


def test_a_minute_without_a_tick_has_no_candle() -> None:
    minutes = Minutes()
    add(minutes, (0, 100), (185, 130))
    assert [candle.at for _, candle in minutes.take()] == [NOON, NOON + 3 * MINUTE]


def test_what_did_not_change_is_not_taken_again() -> None:
    minutes = Minutes()
    add(minutes, (0, 100))
    assert len(minutes.take()) == 1
    assert minutes.take() == []


def test_an_open_minute_goes_on_after_it_was_taken() -> None:
    minutes = Minutes()
    add(minutes, (0, 100))
    minutes.take()
    add(minutes, (30, 90), (61, 95))
    taken = [candle for _, candle in minutes.take()]
    assert [figures(candle) for candle in taken] == [(100, 100, 90, 90), (95, 95, 95, 95)]


def test_instruments_have_candles_of_their_own() -> None:
    minutes = Minutes()
    add(minutes, (0, 100))
    add(minutes, (0, 7), instrument="LTC/EUR")
    assert [instrument for instrument, _ in minutes.take()] == ["BTC/EUR", "LTC/EUR"]


def test_what_could_not_be_kept_comes_again_and_newer_ticks_are_in_it() -> None:
    minutes = Minutes()
    add(minutes, (0, 100), (61, 95))
    taken = minutes.take()
    add(minutes, (62, 97))
    minutes.put_back(taken)
    assert [figures(candle) for _, candle in minutes.take()] == [(100, 100, 100, 100), (95, 97, 95, 97)]


@pytest.mark.parametrize(
    ["interval", "start"],
    [
        (Interval.MINUTE, datetime(2026, 3, 20, 13, 37, tzinfo=UTC)),
        (Interval.FIVE_MINUTES, datetime(2026, 3, 20, 13, 35, tzinfo=UTC)),
        (Interval.HOUR, datetime(2026, 3, 20, 13, tzinfo=UTC)),
        (Interval.DAY, datetime(2026, 3, 20, tzinfo=UTC)),
    ],
)
def test_candles_start_on_the_clock(interval: Interval, start: datetime) -> None:
    assert interval.start(datetime(2026, 3, 20, 13, 37, 42, 5, tzinfo=UTC)) == start


@pytest.mark.parametrize("figures", [(2, 3, 1, 2, 0), (2, 2, 2, 2, 5)])
def test_a_candle_that_can_be_is_sound(figures: tuple[int, ...]) -> None:
    assert Candle(NOON, *map(Decimal, figures)).is_sound


@pytest.mark.parametrize(
    "figures", [(2, 3, 0, 2, 0), (4, 3, 1, 2, 0), (2, 3, 1, 4, 0), (1, 3, 2, 2, 0), (2, 3, 1, 2, -1)]
)
def test_a_candle_that_cannot_be_is_not_sound(figures: tuple[int, ...]) -> None:
    assert not Candle(NOON, *map(Decimal, figures)).is_sound


def test_without_a_beginning_the_last_candles_are_wanted_the_open_one_too() -> None:
    now = NOON + timedelta(seconds=30)
    assert window(Interval.MINUTE, None, now, 3, None) == Window(NOON - 2 * MINUTE, NOON + MINUTE)


def test_with_a_beginning_the_first_candles_are_wanted() -> None:
    since = NOON - timedelta(seconds=30)
    assert window(Interval.MINUTE, since, NOON + 10 * MINUTE, 3, None) == Window(NOON, NOON + 3 * MINUTE)


def test_a_window_begins_where_there_is_something() -> None:
    first = NOON - timedelta(days=3, hours=5)
    since = NOON - timedelta(days=5000)
    found = window(Interval.DAY, since, NOON, 2, first)
    assert found.start == Interval.DAY.start(first)
    assert found.end == found.start + timedelta(days=2)


def test_a_window_ends_at_its_end() -> None:
    assert window(Interval.HOUR, NOON, NOON + timedelta(hours=2), 100, None).end == NOON + timedelta(hours=2)
