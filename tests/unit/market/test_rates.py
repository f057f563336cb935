"""What a source says crosses exactly, and what cannot be true is known as such."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.market.domain.bank_days import published_at
from capitalino.services.market.domain.rates import (
    Health,
    Sheet,
    Source,
    apart,
    can_be,
    canonical,
    is_ahead,
)
from tests.support.clock import NOON

DAILY, LIVE = Source("ecb", "ecb", is_daily=True), Source("oxr", "oxr", is_daily=False)
RATES = st.decimals("0.000001", "1000000", places=6, allow_nan=False)


def test_a_sheet_knows_every_pair_of_its_currencies() -> None:
    sheet = Sheet("EUR", NOON, {"USD": Decimal("1.15"), "GBP": Decimal("0.92")})
    assert sheet.rate("EUR", "USD") == Decimal("1.15")
    assert sheet.rate("GBP", "USD") == Decimal("1.25")
    assert sheet.rate("USD", "EUR") == Decimal("0.869565217391304348")
    assert sheet.rate("EUR", "IRR") is None
    assert sheet.rate("IRR", "EUR") is None


@pytest.mark.parametrize("text", ["1", "0.00000000001", "999999999999", "1.5e11"])
def test_a_figure_within_reason_can_be_a_rate(text: str) -> None:
    assert can_be(Decimal(text))


@pytest.mark.parametrize(
    "text", ["0", "-1", "NaN", "sNaN", "Infinity", "-Infinity", "1e13", "1e-13", "1" * 31]
)
def test_a_figure_beyond_reason_cannot_be_a_rate(text: str) -> None:
    assert not can_be(Decimal(text))


def test_a_daily_source_is_ahead_from_the_next_day_of_frankfurt_on() -> None:
    at = published_at(NOON.date())
    assert not is_ahead(DAILY, at, NOON - timedelta(hours=12))
    assert is_ahead(DAILY, at, datetime(2026, 3, 19, 22, 59, tzinfo=UTC))
    assert not is_ahead(DAILY, at, datetime(2026, 3, 19, 23, tzinfo=UTC))  # midnight there


def test_a_live_source_may_be_ahead_by_two_minutes() -> None:
    assert not is_ahead(LIVE, NOON + timedelta(minutes=2), NOON)
    assert is_ahead(LIVE, NOON + timedelta(minutes=2, seconds=1), NOON)


@given(RATES, RATES)
def test_two_rates_are_as_far_apart_from_either_side(one: Decimal, other: Decimal) -> None:
    assert apart(one, other) == apart(other, one) >= 0
    assert apart(one, one) == 0


def test_a_pair_has_one_direction_in_which_it_is_kept() -> None:
    assert canonical("USD", "EUR") == canonical("EUR", "USD") == ("EUR", "USD")


@pytest.mark.parametrize(
    ("health", "state"),
    [
        (Health("ecb"), "waiting"),
        (Health("ecb", succeeded_at=NOON), "well"),
        (Health("ecb", succeeded_at=NOON, failures=1), "failing"),
        (Health("ecb", failures=2, is_shut=True), "shut"),
    ],
)
def test_how_a_source_does_in_a_word(health: Health, state: str) -> None:
    assert health.state == state
