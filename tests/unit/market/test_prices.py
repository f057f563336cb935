"""Live prices are fresh or refused, conflated but never lost, and cross through the euro."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.market.domain.prices import (
    Conflation,
    Observation,
    Price,
    Step,
    bare,
    change,
    way,
)
from tests.support.clock import NOON

KNOWN = ("BTC/EUR", "ETH/EUR", "LTC/EUR", "BTC/USDT")


def told(
    bid: str = "99", ask: str = "101", *, instrument: str = "BTC/EUR", source: str = "binance", s: float = 0
) -> Observation:
    """What was said, `s` seconds after noon."""
    return Observation(instrument, source, Decimal(bid), Decimal(ask), NOON + timedelta(seconds=s))


@pytest.mark.parametrize(("bid", "ask"), [("0", "1"), ("-1", "1"), ("2", "1")])
def test_an_observation_that_cannot_be_is_refused(bid: str, ask: str) -> None:
    with pytest.raises(ValueError, match="BTC/EUR"):
        told(bid, ask)


def test_four_a_second_get_through_and_the_last_one_always_does() -> None:
    conflation: Conflation[str, int] = Conflation(0.25)
    sent = []
    for n in range(100):  # a tick every 10 ms for a second
        conflation.offer("BTC/EUR", n)
        sent += conflation.due(n / 100)
    assert len(sent) == 4
    assert conflation.due(2) == [99]
    assert conflation.due(3) == []


def test_instruments_and_sources_do_not_wait_for_each_other() -> None:
    conflation: Conflation[tuple[str, str], int] = Conflation(0.25)
    keys = (("BTC/EUR", "a"), ("BTC/EUR", "b"), ("ETH/EUR", "a"))
    for key in keys:
        conflation.offer(key, 1)
        assert conflation.take(key, 0) == 1
        conflation.offer(key, 2)
        assert conflation.take(key, 0.2) is None
    assert conflation.due(0.2) == []
    assert conflation.due(0.3) == [2, 2, 2]


@pytest.mark.parametrize(
    ["base", "quote", "steps"],
    [
        ("BTC", "EUR", (Step("BTC/EUR"),)),
        ("EUR", "BTC", (Step("BTC/EUR", is_inverted=True),)),
        ("BTC", "USDT", (Step("BTC/USDT"),)),
        ("BTC", "ETH", (Step("BTC/EUR"), Step("ETH/EUR", is_inverted=True))),
        ("BTC", "USD", ()),
        ("EUR", "USD", ()),
        ("EUR", "EUR", ()),
        ("BTC", "BTC", ()),
        ("XRP", "EUR", ()),
    ],
)
def test_the_way_is_the_own_instrument_or_two_through_the_euro(
    base: str, quote: str, steps: tuple[Step, ...]
) -> None:
    assert way(base, quote, KNOWN) == steps


def price(mid: str, spread: str = "1", *, change_24h: str | None = None, s: int = 0) -> Price:
    """A price `s` seconds before noon."""
    half = Decimal(spread) / 2
    return Price(
        bid=Decimal(mid) - half,
        ask=Decimal(mid) + half,
        mid=Decimal(mid),
        at=NOON - timedelta(seconds=s),
        age_ms=s * 1000,
        sources=("binance",),
        best_bid=Decimal(mid) - half / 2,
        best_ask=Decimal(mid) + half / 2,
        change_24h=None if change_24h is None else Decimal(change_24h),
    )


def test_a_cross_rate_is_as_old_as_its_older_leg_and_pays_both_spreads() -> None:
    crossed = price("50000", s=1, change_24h="0.1").times(price("2000", s=4, change_24h="0.1").inverted())
    assert crossed.mid == 25
    assert crossed.bid < 25 < crossed.ask
    assert crossed.bid == Decimal("24.9935016245938515")  # 49999.5 / 2000.5, rounded down
    assert crossed.age_ms == 4000
    assert crossed.at == NOON - timedelta(seconds=4)
    assert crossed.change_24h == pytest.approx(Decimal(0), abs=Decimal("0.0001"))


def test_a_cross_rate_has_no_change_where_one_leg_has_none() -> None:
    assert price("2", change_24h="0.1").times(price("3")).change_24h is None
    assert price("2").inverted().change_24h is None


def test_changes_multiply() -> None:
    assert price("2", change_24h="0.1").times(price("3", change_24h="0.2")).change_24h == Decimal("0.3200")
    assert price("2", change_24h="0.25").inverted().change_24h == Decimal("-0.2000")
    assert price("2", change_24h="-1").inverted().change_24h is None


RATES = st.decimals("0.00000001", "10000000", places=8, allow_nan=False)


@given(RATES, RATES)
def test_there_and_back_is_never_worth_more(bid: Decimal, ask: Decimal) -> None:
    bid, ask = sorted((bid, ask))
    mid = (bid + ask) / 2
    one = Price(bid=bid, ask=ask, mid=mid, at=NOON, age_ms=0, sources=(), best_bid=mid, best_ask=ask)
    back = one.inverted()
    assert back.bid <= back.mid <= back.ask
    around = one.times(back)
    assert around.bid <= 1 <= around.ask
    assert around.best_bid <= 1 <= around.best_ask


def test_the_change_of_a_day() -> None:
    assert change(Decimal("101.23"), Decimal(100)) == Decimal("0.0123")
    assert change(Decimal(90), Decimal(100)) == Decimal("-0.1000")
    assert change(Decimal(90), None) is None
    assert told().compared(Decimal(80)).change_24h == Decimal("0.2500")


def test_rates_are_shown_without_zeros_at_their_end() -> None:
    assert f"{bare(Decimal('65000.10000000')):f}" == "65000.1"
    assert f"{bare(Decimal('65000.00')):f}" == "65000"
