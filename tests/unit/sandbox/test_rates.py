"""The sandbox's reference rates: of the last day that is out, plausible, the same whenever asked."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from capitalino.sandbox.rates import Rates, per_dollar, per_euro
from capitalino.sandbox.when import EPOCH


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 20, 13, 59, tzinfo=UTC), date(2026, 11, 19)),
        (datetime(2026, 11, 20, 14, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 22, 9, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 23, 13, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 23, 14, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_the_newest_rates_are_those_of_the_last_weekday_that_is_out(now: datetime, day: date) -> None:
    assert Rates(lambda: (now - EPOCH) // timedelta(milliseconds=1))._newest_day() == day


def test_rates_move_a_little_from_day_to_day_and_all_sources_stay_together() -> None:
    first = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for number in range(1000):
        then = first + timedelta(days=number)
        euro, dollar = per_euro(then.date()), per_dollar(then + timedelta(days=1))
        assert abs(euro["USD"] / Decimal("1.1510") - 1) < Decimal("0.0025")
        assert abs(euro["USD"] * dollar["EUR"] - 1) < Decimal("0.005")
        assert abs(euro["GBP"] * dollar["EUR"] / dollar["GBP"] - 1) < Decimal("0.005")
    assert per_euro(first.date()) == per_euro(first.date())
