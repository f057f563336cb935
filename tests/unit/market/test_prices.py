"""Live prices are fresh or refused, conflated but never lost, and cross through the euro."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.market.domain.prices import (
    Conflation,
    LivePrices,
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


def found(live: LivePrices, s: float) -> Price | None:
    """What is served `s` seconds after noon."""
    return live.find("BTC/EUR", NOON + timedelta(seconds=s), s)


def test_a_fresh_price_has_its_age_and_its_sources() -> None:
    live = LivePrices(10)
    live.hear(told(), 0)
    price = found(live, 2.5)
    assert price is not None
    assert [price.bid, price.ask, price.mid] == [99, 101, 100]
    assert price.age_ms == 2500
    assert price.sources == ("binance",)
    assert price.at == NOON


def test_a_price_is_served_until_it_is_too_old_and_not_after() -> None:
    live = LivePrices(10)
    live.hear(told(), 0)
    assert found(live, 10) is not None
    assert found(live, 10.001) is None


def test_a_sender_whose_clock_runs_ahead_does_not_make_a_price_younger() -> None:
    live = LivePrices(10)
    live.hear(told(s=3600), heard_s=0)
    assert found(live, 11) is None


def test_a_price_that_was_on_its_way_for_long_is_old_when_it_arrives() -> None:
    live = LivePrices(10)
    live.hear(told(s=0), heard_s=30)
    assert found(live, 30) is None


def test_an_older_signal_does_not_replace_a_newer_one() -> None:
    live = LivePrices(10)
    live.hear(told("109", "111", s=1), 1)
    live.hear(told("99", "101", s=0), 1.1)
    price = found(live, 2)
    assert price is not None
    assert price.mid == 110


def test_the_price_of_several_sources_is_the_median_of_the_fresh_ones() -> None:
    live = LivePrices(10)
    for source, mid in (("a", 100), ("b", 102), ("c", 500)):
        live.hear(told(str(mid - 1), str(mid + 1), source=source), 0)
    live.hear(told("1", "1", source="d", s=-60), 0)
    price = found(live, 1)
    assert price is not None
    assert [price.bid, price.mid, price.ask] == [101, 102, 103]
    assert price.sources == ("a", "b", "c")


def test_nothing_is_known_of_what_nobody_spoke_of() -> None:
    assert LivePrices(10).find("XRP/EUR", NOON, 0) is None


@pytest.mark.parametrize(("bid", "ask"), [("0", "1"), ("-1", "1"), ("2", "1")])
def test_an_observation_that_cannot_be_is_refused(bid: str, ask: str) -> None:
    with pytest.raises(ValueError, match="BTC/EUR"):
        told(bid, ask)


def test_four_a_second_get_through_and_the_last_one_always_does() -> None:
    conflation = Conflation(0.25)
    sent = []
    for n in range(100):  # a tick every 10 ms for a second
        conflation.offer(told("1", str(n + 1)))
        sent += conflation.due(n / 100)
    assert len(sent) == 4
    assert [last.ask for last in conflation.due(2)] == [100]
    assert conflation.due(3) == []


def test_instruments_and_sources_do_not_wait_for_each_other() -> None:
    conflation = Conflation(0.25)
    for instrument, source in (("BTC/EUR", "a"), ("BTC/EUR", "b"), ("ETH/EUR", "a")):
        conflation.offer(told(instrument=instrument, source=source))
    assert len(conflation.due(0)) == 3


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
    one = Price(bid=bid, ask=ask, mid=(bid + ask) / 2, at=NOON, age_ms=0, sources=())
    back = one.inverted()
    assert back.bid <= back.mid <= back.ask
    around = one.times(back)
    assert around.bid <= 1 <= around.ask


def test_the_change_of_a_day() -> None:
    assert change(Decimal("101.23"), Decimal(100)) == Decimal("0.0123")
    assert change(Decimal(90), Decimal(100)) == Decimal("-0.1000")
    assert change(Decimal(90), None) is None
    assert told().compared(Decimal(80)).change_24h == Decimal("0.2500")


def test_rates_are_shown_without_zeros_at_their_end() -> None:
    assert f"{bare(Decimal('65000.10000000')):f}" == "65000.1"
    assert f"{bare(Decimal('65000.00')):f}" == "65000"
