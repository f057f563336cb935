"""Money is exact: nothing is rounded in silence, lost or made."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.money import ASSETS, UNITS_MAX, Asset, Money, MoneyMixed, asset, convert, share, split

EUR, BTC, ETH = ASSETS["EUR"], ASSETS["BTC"], ASSETS["ETH"]
ALL = st.sampled_from(sorted(ASSETS.values(), key=lambda one: one.code))
UNITS = st.integers(min_value=0, max_value=UNITS_MAX)
RATES = st.decimals(min_value="0.000000000000000001", max_value="1000000", places=18, allow_nan=False)


@given(UNITS, ALL)
def test_an_amount_reads_back_as_itself(units: int, of: Asset) -> None:
    money = Money(units, of)
    assert Money.parse(money.amount, of) == money


@pytest.mark.parametrize(
    "text",
    ["1.234", "", " 1", "1 ", "1,5", "1e5", "NaN", "Infinity", "0x10", ".5", "5.", "--1", "١٢", "1" * 40],
)
def test_what_is_no_amount_of_the_asset_is_refused(text: str) -> None:
    with pytest.raises(MoneyMixed):
        Money.parse(text, EUR)


def test_amounts_keep_all_their_decimals() -> None:
    assert Money(1230, EUR).amount == "12.30"
    assert str(Money(-5, EUR)) == "-0.05 EUR"
    assert Money.parse("0.000000000000000001", ETH).units == 1


def test_the_largest_amount_is_not_rounded_beyond_what_fits() -> None:
    largest = Money(UNITS_MAX, BTC)
    assert Money.parse(largest.amount, BTC) == largest


def test_two_assets_are_never_mixed() -> None:
    assert Money(3, EUR) + Money(4, EUR) - Money(2, EUR) == Money(5, EUR)
    with pytest.raises(MoneyMixed):
        Money(1, EUR) + Money(1, BTC)
    with pytest.raises(MoneyMixed):
        asset("DOGE")
    assert str(asset("BTC")) == "BTC"


@given(UNITS, ALL, ALL, RATES)
def test_a_conversion_rounds_by_less_than_one_unit(units: int, of: Asset, to: Asset, rate: Decimal) -> None:
    money = Money(units, of)
    down, up = convert(money, rate, to), convert(money, rate, to, up=True)
    numerator, denominator = rate.as_integer_ratio()
    exact_up, exact_down = units * numerator * 10**to.scale, denominator * 10**of.scale
    assert down.units == exact_up // exact_down
    assert up.units == -(-exact_up // exact_down)


@given(UNITS, st.decimals(min_value=0, max_value=1, places=6))
def test_a_share_and_the_rest_are_the_whole(units: int, part: Decimal) -> None:
    money = Money(units, EUR)
    down, up = share(money, part), share(money, part, up=True)
    assert 0 <= up.units - down.units <= 1
    assert up.units <= units


@given(UNITS, st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(any))
def test_a_split_loses_nothing_and_is_fair(units: int, weights: list[int]) -> None:
    parts = split(Money(units, BTC), weights)
    assert sum(part.units for part in parts) == units
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.units * sum(weights) - units * weight) < sum(weights)


def test_the_odd_cent_goes_to_the_first_of_equals() -> None:
    assert [part.units for part in split(Money(100, EUR), [1, 1, 1])] == [34, 33, 33]
