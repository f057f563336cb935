"""A price is the middle of the venues that are fresh and agree, as many as the quorum; or there is none."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.market.domain.opinions import PriceVerdict
from capitalino.services.market.domain.prices import Observation, Price
from capitalino.services.market.domain.quorum import Heard, LivePrices, Rules, Weighed, weigh
from tests.support.clock import NOON

VENUES = ("binance", "kraken", "okx", "coinbase")
RULES = Rules(timedelta(seconds=10))
FRESH, OLD = timedelta(seconds=1), timedelta(seconds=11)


def told(mid: str, *, source: str = "binance", s: float = 0, spread: str = "2") -> Observation:
    """What was said, `s` seconds after noon."""
    half = Decimal(spread) / 2
    at = NOON + timedelta(seconds=s)
    return Observation("BTC/EUR", source, Decimal(mid) - half, Decimal(mid) + half, at)


def judged(*mids: str | None, rules: Rules = RULES, age: timedelta = FRESH, listed: int = 4) -> Weighed:
    """What comes of the venues' words, in their order; None: not a word."""
    said = dict(zip(VENUES, mids, strict=False))
    heard = {
        venue: Heard(told(word, source=venue), age) if (word := said.get(venue)) else None
        for venue in VENUES[:listed]
    }
    return weigh("BTC/EUR", heard, rules)


def verdicts(weighed: Weighed) -> list[str]:
    """What became of each word, in the order of the venues."""
    return [opinion.verdict.value for opinion in weighed.opinions]


def mid(weighed: Weighed) -> Decimal:
    """The price that there is."""
    assert weighed.price is not None
    return weighed.price.mid


def live(*sources: str) -> LivePrices:
    """What these have said at noon."""
    made = LivePrices(RULES)
    for source in sources:
        made.hear(told("100", source=source), 0)
    return made


def found(prices: LivePrices, s: float, *venues: str) -> Price | None:
    """What is served `s` seconds after noon of what is listed at these."""
    return prices.weigh("BTC/EUR", venues or ("binance",), NOON + timedelta(seconds=s), s).price


def test_a_fresh_price_has_its_age_and_its_sources() -> None:
    price = found(live("binance"), 2.5)
    assert price is not None
    assert [price.bid, price.ask, price.mid] == [99, 101, 100]
    assert (price.age_ms, price.sources, price.at) == (2500, ("binance",), NOON)


def test_a_price_is_served_until_it_is_too_old_and_not_after() -> None:
    assert found(live("binance"), 10) is not None
    assert found(live("binance"), 10.001) is None


def test_a_sender_whose_clock_runs_ahead_does_not_make_a_price_younger() -> None:
    prices = LivePrices(RULES)
    prices.hear(told("100", s=3600), heard_s=0)
    assert found(prices, 11) is None


def test_a_price_that_was_on_its_way_for_long_is_old_when_it_arrives() -> None:
    prices = LivePrices(RULES)
    prices.hear(told("100"), heard_s=30)
    assert found(prices, 30) is None


def test_an_older_signal_does_not_replace_a_newer_one() -> None:
    prices = LivePrices(RULES)
    prices.hear(told("110", s=1), 1)
    prices.hear(told("100", s=0), 1.1)
    price = found(prices, 2)
    assert price is not None
    assert price.mid == 110


def test_the_price_is_the_middle_of_those_that_agree() -> None:
    weighed = judged("100", "100.4", "100.2", "500")
    assert weighed.price is not None
    assert [weighed.price.bid, weighed.price.mid, weighed.price.ask] == [
        Decimal("99.2"),
        Decimal("100.2"),
        Decimal("101.2"),
    ]
    assert weighed.price.sources == ("binance", "kraken", "okx")
    assert verdicts(weighed) == ["accepted", "accepted", "accepted", "apart"]


def test_the_best_prices_are_those_of_any_venue_and_may_cross() -> None:
    heard = {
        venue: Heard(told(mid, source=venue, spread="0.2"), FRESH)
        for venue, mid in zip(VENUES, ("100", "100.5", "100.3", "100.1"), strict=True)
    }
    price = weigh("BTC/EUR", heard, RULES).price
    assert price is not None
    assert (price.best_bid, price.best_ask) == (Decimal("100.4"), Decimal("100.1"))
    assert price.bid < price.mid < price.ask


def test_every_venue_is_told_with_its_age_and_its_verdict() -> None:
    heard = {
        "binance": Heard(told("100"), FRESH),
        "kraken": Heard(told("100", source="kraken"), OLD),
        "okx": None,
    }
    weighed = weigh("BTC/EUR", heard, RULES)
    assert verdicts(weighed) == ["accepted", "stale", "silent"]
    assert [opinion.age for opinion in weighed.opinions] == [FRESH, OLD, None]
    assert [opinion.bid for opinion in weighed.opinions] == [99, 99, None]
    assert (weighed.price, weighed.needed, weighed.is_silent) == (None, 2, False)


@pytest.mark.parametrize(
    ("mids", "expected"),
    [
        (("100", None, None, None), ["accepted", "silent", "silent", "silent"]),
        (("100", "102", None, None), ["accepted", "accepted", "silent", "silent"]),
        (("100", "104", None, None), ["apart", "apart", "silent", "silent"]),
        (("100", "104", "108", None), ["apart", "accepted", "apart", "silent"]),
        (("100", "100", "50", "50"), ["apart", "apart", "apart", "apart"]),
        (("95", "100", "100", "105"), ["apart", "accepted", "accepted", "apart"]),
    ],
    ids=["one", "nearly_apart", "two_apart", "three_apart", "two_camps", "half"],
)
def test_too_few_or_quarrelling_venues_have_no_price(
    mids: tuple[str | None, ...], expected: list[str]
) -> None:
    weighed = judged(*mids, rules=Rules(timedelta(seconds=10), 2, Decimal("0.0101")))
    assert verdicts(weighed) == expected
    assert (weighed.price is None) == (expected[:2] != ["accepted", "accepted"])
    assert not weighed.is_silent


def test_where_nobody_is_fresh_it_is_silent() -> None:
    assert judged("100", "100", age=OLD).is_silent
    assert judged().is_silent
    assert judged(listed=0).is_silent


@pytest.mark.parametrize(
    ("listed", "quorum", "needed"), [(4, 2, 2), (4, 4, 4), (2, 3, 2), (1, 2, 1), (0, 2, 1)]
)
def test_what_fewer_venues_list_needs_all_of_them(listed: int, quorum: int, needed: int) -> None:
    rules = Rules(timedelta(seconds=10), quorum)
    assert rules.needed(listed) == needed
    mids = ["100"] * min(listed, needed - 1)
    assert judged(*mids, rules=rules, listed=listed).price is None
    if listed:
        assert mid(judged(*["100"] * needed, rules=rules, listed=listed)) == 100


def test_a_venue_that_does_not_list_the_instrument_has_no_vote() -> None:
    prices = live("binance", "kraken")
    assert found(prices, 1, "binance", "okx") is None
    assert found(prices, 1, "kraken", "binance") is not None


RATES = st.decimals("0.01", "1000000", places=2, allow_nan=False)
WORDS = st.lists(st.tuples(RATES, st.booleans()), min_size=0, max_size=4)


@given(WORDS, st.integers(1, 4))
def test_fewer_than_the_quorum_never_make_a_number(words: list[tuple[Decimal, bool]], quorum: int) -> None:
    heard = {
        venue: Heard(Observation("BTC/EUR", venue, rate, rate, NOON), FRESH if is_fresh else OLD)
        for venue, (rate, is_fresh) in zip(VENUES, words, strict=False)
    }
    weighed = weigh("BTC/EUR", dict.fromkeys(VENUES) | heard, Rules(timedelta(seconds=10), quorum))
    accepted = [one for one in weighed.opinions if one.verdict is PriceVerdict.ACCEPTED]
    fresh = sum(is_fresh for _, is_fresh in words)
    assert all(one.age == FRESH for one in accepted)
    if weighed.price is None:
        assert len(accepted) < quorum or len(accepted) * 2 <= fresh
        return
    assert len(accepted) >= quorum
    assert weighed.price.sources == tuple(sorted(one.source for one in accepted))
    rates = [one.bid for one in accepted if one.bid is not None]
    assert min(rates) <= weighed.price.bid <= weighed.price.mid <= weighed.price.ask <= max(rates)
    assert weighed.price.best_bid >= weighed.price.bid
    assert weighed.price.best_ask <= weighed.price.ask


@given(
    RATES,
    st.lists(st.integers(-40, 40), min_size=2, max_size=3),
    st.one_of(st.decimals("0.01", "0.97", places=2), st.decimals("1.03", "100", places=2)),
)
def test_an_outlier_never_moves_the_price(rate: Decimal, apart: list[int], factor: Decimal) -> None:
    mids = [rate * (10_000 + part) / 10_000 for part in apart]
    heard = {
        venue: Heard(Observation("BTC/EUR", venue, one, one, NOON), FRESH)
        for venue, one in zip(VENUES, mids, strict=False)
    }
    without = weigh("BTC/EUR", heard, RULES)
    lying = Heard(Observation("BTC/EUR", "coinbase", rate * factor, rate * factor, NOON), FRESH)
    with_it = weigh("BTC/EUR", heard | {"coinbase": lying}, RULES)
    assert verdicts(with_it)[-1] == "apart"
    assert mid(with_it) == mid(without)
