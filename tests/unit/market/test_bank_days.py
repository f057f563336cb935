"""A daily file ages in bank days: weekends and holidays do not make it old, a missed publication does."""

from datetime import UTC, date, datetime, timedelta

import pytest

from capitalino.services.market.domain.bank_days import day_of, easter, is_bank_day, missed, published_at

LATE = timedelta(hours=4)
FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (1954, date(1954, 4, 18)),
        (2000, date(2000, 4, 23)),
        (2024, date(2024, 3, 31)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_is_when_the_churches_say(year: int, sunday: date) -> None:
    assert easter(year) == sunday


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 20), True),  # a Friday
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 4, 3), False),  # Good Friday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 4, 7), True),
        (date(2026, 5, 1), False),
        (date(2026, 5, 14), True),  # Ascension is no holiday of the euro's banks
        (date(2026, 12, 24), True),
        (date(2026, 12, 25), False),
        (date(2025, 12, 26), False),
        (date(2027, 1, 1), False),
    ],
)
def test_bank_days_are_those_of_the_euros_banks(day: date, is_open: bool) -> None:  # noqa: FBT001
    assert is_bank_day(day) is is_open


def test_rates_come_out_at_four_in_frankfurt_in_summer_and_in_winter() -> None:
    assert published_at(date(2026, 1, 15)) == datetime(2026, 1, 15, 15, tzinfo=UTC)
    assert published_at(date(2026, 7, 15)) == datetime(2026, 7, 15, 14, tzinfo=UTC)


def test_an_instant_lies_in_frankfurts_day() -> None:
    assert day_of(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("now", "count"),
    [
        (datetime(2026, 11, 20, 20, tzinfo=UTC), 0),
        (datetime(2026, 11, 22, 9, tzinfo=UTC), 0),  # Sunday
        (datetime(2026, 11, 23, 14, 59, tzinfo=UTC), 0),  # Monday, before publication
        (datetime(2026, 11, 23, 18, 59, tzinfo=UTC), 0),  # Monday, it may still come
        (datetime(2026, 11, 23, 19, tzinfo=UTC), 1),
        (datetime(2026, 11, 24, 19, tzinfo=UTC), 2),
        (datetime(2026, 12, 24, 19, tzinfo=UTC), 9),
    ],
)
def test_fridays_rates_are_the_newest_until_mondays_should_be_there(now: datetime, count: int) -> None:
    assert missed(FRIDAY, now, LATE, at_most=9) == count


def test_over_easter_thursdays_rates_stay_the_newest() -> None:
    thursday = date(2026, 4, 2)
    assert missed(thursday, datetime(2026, 4, 7, 13, tzinfo=UTC), LATE, at_most=9) == 0
    assert missed(thursday, datetime(2026, 4, 7, 18, tzinfo=UTC), LATE, at_most=9) == 1


def test_counting_ends_for_rates_of_another_age() -> None:
    assert missed(date(1, 1, 1), datetime(2026, 11, 23, tzinfo=UTC), LATE, at_most=1) == 1
