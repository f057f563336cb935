"""Which venue is chosen: the walk is exact, the best score wins, a split is never worse than one venue."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.payments.domain.payments import Side
from capitalino.services.payments.domain.routing import (
    Demand,
    Levels,
    Offer,
    Opinion,
    Part,
    Sizes,
    judged,
    route,
    success,
    walk,
)

D = Decimal
FINE = Sizes(D("0.00001"), D("0.00001"), D(9000), D(5))
MID = D(40_000)


def levels(*rows: tuple[str, str]) -> Levels:
    return tuple((D(price), D(amount)) for price, amount in rows)


def offer(venue: str, *rows: tuple[str, str], fee: str = "0.001", share: str = "1") -> Offer:
    return Offer(venue, levels(*rows), FINE, D(fee), D(share))


def selling(amount: str) -> Demand:
    return Demand("sell", D(amount), MID)


def test_a_book_is_walked_level_by_level() -> None:
    book = levels(("39990", "1"), ("39980", "2"))
    assert walk(book, D("0.5")) == D("19995.0")
    assert walk(book, D("1.5")) == D("39990") + D("0.5") * D("39980")
    assert walk(book, D("3.1")) is None


def test_the_cost_is_against_the_middle_and_has_the_fee() -> None:
    found = judged(selling("0.5"), offer("binance", ("39990", "1")))
    assert (found.price, found.fee, found.cost) == (D(39_990), D("19.995"), D("24.995"))
    assert found.score == D(20_000) - D("24.995")
    bought = judged(Demand("buy", D("0.5"), MID), offer("binance", ("40010", "1")))
    assert (bought.fee, bought.cost) == (D("20.005"), D("25.005"))


def test_the_best_price_wins_and_every_venue_is_explained() -> None:
    found = route(
        selling("0.5"),
        [offer("binance", ("39990", "1")), offer("okx", ("39995", "1")), offer("kraken", ("40010", "0.1"))],
        [Opinion("coinbase", "left_alone")],
    )
    assert found.parts == (Part("okx", D("0.5")),)
    told = found.document()
    assert [one["venue"] for one in told["venues"]] == ["binance", "okx", "kraken", "coinbase"]
    assert told["venues"][1] == {
        "venue": "okx",
        "price": "39995",
        "fee": "19.9975",
        "cost": "22.4975",
        "success": "1",
        "score": "19977.5025",
    }
    assert [one.get("why") for one in told["venues"]] == [None, None, "thin", "left_alone"]


def test_a_venue_whose_orders_fail_loses_against_a_dearer_one() -> None:
    failing = offer("binance", ("39990", "1"), share="0.9")
    found = route(selling("0.5"), [failing, offer("kraken", ("39900", "1"))])
    assert found.parts[0].venue == "kraken"


def test_the_earlier_one_wins_where_all_else_is_equal() -> None:
    same = [offer(name, ("39990", "1")) for name in ("kraken", "binance", "okx")]
    assert route(selling("0.5"), same).parts[0].venue == "kraken"


@pytest.mark.parametrize(("amount", "expected"), [("0.1234567", "0.12345"), ("10000", "9000")])
def test_whole_steps_are_ordered_and_no_more_than_is_taken(amount: str, expected: str) -> None:
    found = route(selling(amount), [offer("binance", ("39990", "20000"))])
    assert found.parts == (Part("binance", D(expected)),)


def test_what_is_too_little_for_every_venue_is_said_so() -> None:
    found = route(selling("0.0001"), [offer("binance", ("39990", "1"))])
    assert found.parts == ()
    assert found.is_too_little
    assert not route(selling("9"), [offer("binance", ("39990", "1"))]).is_too_little


def test_one_bad_order_is_not_the_end_of_a_venue() -> None:
    assert success(0, 0) == 1
    assert D("0.9") < success(0, 1) < 1
    assert success(50, 50) < success(90, 10) < 1


def test_an_order_is_split_where_that_is_cheaper() -> None:
    """Sold alone, the second half would fall to a level far below."""
    deep = [("39990", "1"), ("39000", "9")]
    venues = [offer("binance", *deep), offer("kraken", *deep)]
    alone = route(selling("1.5"), venues)
    assert alone.parts == (Part("binance", D("1.5")),)
    split = route(selling("1.5"), venues, split_from=D("0.0005"))
    assert split.parts == (Part("binance", D(1)), Part("kraken", D("0.5")))
    assert split.saved > D(490)


def test_a_split_that_saves_too_little_is_not_made() -> None:
    deep = [("39990", "1"), ("39000", "9")]
    venues = [offer("binance", *deep), offer("kraken", *deep)]
    assert len(route(selling("1.5"), venues, split_from=D("0.02")).parts) == 1


def test_what_no_venue_can_carry_alone_is_carried_by_two() -> None:
    venues = [offer("binance", ("39990", "1")), offer("kraken", ("39980", "1"))]
    assert route(selling("1.5"), venues).parts == ()
    split = route(selling("1.5"), venues, split_from=D(0))
    assert split.parts == (Part("binance", D(1)), Part("kraken", D("0.5")))


def test_a_split_counts_how_well_each_venue_does() -> None:
    deep = [("39990", "1"), ("39000", "9")]
    venues = [offer("binance", *deep), offer("kraken", *deep, share="0.5")]
    assert len(route(selling("1.5"), venues, split_from=D("0.0005")).parts) == 1


PRICES = st.integers(3_900_000, 4_100_000).map(lambda cents: D(cents) / 100)
AMOUNTS = st.integers(1, 500_000).map(lambda steps: D(steps) / 100_000)
SIDES: st.SearchStrategy[Side] = st.sampled_from(["buy", "sell"])


@st.composite
def offers(draw: st.DrawFn, side: Side) -> list[Offer]:
    """Venues with books of their own, best price first."""
    made = []
    for venue in ("binance", "kraken", "okx")[: draw(st.integers(1, 3))]:
        prices = sorted(draw(st.lists(PRICES, min_size=1, max_size=6, unique=True)), reverse=side == "sell")
        rows = tuple((price, draw(AMOUNTS)) for price in prices)
        fee = D(draw(st.integers(0, 60))) / 10_000
        step = draw(st.sampled_from([D("0.00001"), D("0.001")]))
        made.append(Offer(venue, rows, replace(FINE, step=step, least=step), fee, D(1)))
    return made


@given(data=st.data(), side=SIDES, one=AMOUNTS, more=AMOUNTS)
def test_more_never_costs_less(data: st.DataObject, side: Side, one: D, more: D) -> None:
    """The walked sum grows with the amount; the average price only gets worse."""
    book = data.draw(offers(side))[0].levels
    little, much = walk(book, one), walk(book, one + more)
    if much is None:
        return
    assert little is not None
    assert little < much
    assert (little / one <= much / (one + more)) if side == "buy" else (little / one >= much / (one + more))


@given(data=st.data(), side=SIDES, amount=AMOUNTS, split_from=st.sampled_from([D(0), D("0.0005")]))
def test_a_split_is_never_worse_than_the_best_single_venue(
    data: st.DataObject, side: Side, amount: D, split_from: D
) -> None:
    found = data.draw(offers(side))
    demand = Demand(side, amount, MID)
    single, routed = route(demand, found), route(demand, found, split_from=split_from)
    assert sum(part.amount for part in routed.parts) <= amount
    assert len({part.venue for part in routed.parts}) == len(routed.parts) <= 2
    if not single.parts:
        return
    assert routed.parts, "what one venue can carry is ordered"
    assert routed.saved >= 0
    if len(routed.parts) == 2:
        assert routed.saved > split_from * demand.worth


@given(data=st.data(), side=SIDES, amount=AMOUNTS)
def test_nobody_able_has_a_better_score_than_who_is_chosen(
    data: st.DataObject, side: Side, amount: D
) -> None:
    routed = route(Demand(side, amount, MID), data.draw(offers(side)))
    able = {one.venue: one.score for one in routed.opinions if one.why is None}
    assert bool(able) == bool(routed.parts)
    if able:
        assert able[routed.parts[0].venue] == max(able.values())
