"""Prices are found either way round, and never invented."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.analytics.domain.prices import Close, Prices, Rates, Tick
from tests.support.clock import NOON

BTC = ("BTC", "EUR")


def test_a_pair_is_read_both_ways_round() -> None:
    rates = Rates({BTC: Decimal(50000)})
    assert rates.find("BTC", "EUR") == 50000
    assert rates.find("EUR", "BTC") == Decimal("0.00002")
    assert rates.find("EUR", "EUR") == 1


def test_an_asset_in_between_joins_two_pairs() -> None:
    rates = Rates({BTC: Decimal(50000), ("USD", "EUR"): Decimal("0.5")})
    assert rates.find("BTC", "USD") == 100_000


def test_what_nobody_prices_has_no_price() -> None:
    assert Rates({BTC: Decimal(50000)}).find("IRR", "EUR") is None


@given(st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(10**9), places=4))
def test_there_and_back_is_the_same(rate: Decimal) -> None:
    rates = Rates({BTC: rate})
    there, back = rates.find("BTC", "EUR"), rates.find("EUR", "BTC")
    assert there is not None
    assert back is not None
    assert abs(there * back - 1) < Decimal("1e-20")


def closes(*rates: int) -> dict[tuple[str, str], list[Close]]:
    return {BTC: [Close(BTC, date(2026, 3, 19 - n), Decimal(rate)) for n, rate in enumerate(rates)]}


def test_a_live_price_goes_before_the_last_close() -> None:
    prices = Prices({BTC: Tick(Decimal(60), Decimal(40), NOON)}, closes(50, 45))
    assert [prices.now("BTC", "EUR"), prices.then("BTC", "EUR")] == [60, 40]


def test_without_a_live_price_the_last_two_closes_are_a_day_apart() -> None:
    prices = Prices({}, closes(50, 45))
    assert [prices.now("BTC", "EUR"), prices.then("BTC", "EUR")] == [50, 45]


def test_one_close_says_nothing_of_the_day_before() -> None:
    assert Prices({}, closes(50)).then("BTC", "EUR") is None


def test_its_age_is_that_of_the_oldest_price_used() -> None:
    now = NOON
    live = Prices({BTC: Tick(Decimal(60), None, datetime(2026, 3, 20, 11, 59, tzinfo=UTC))}, {})
    assert live.oldest({"BTC"}, now).minute == 59
    assert Prices({}, closes(50)).oldest({"BTC"}, now) == datetime(2026, 3, 20, tzinfo=UTC)
    assert Prices({}, closes(50)).oldest({"ETH"}, now) == now
