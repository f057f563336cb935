"""Values add up to the cent, days carry the last price, and what is not known is not 0."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from capitalino.money import ASSETS, Money
from capitalino.services.analytics.domain.movements import DayMove
from capitalino.services.analytics.domain.prices import Close, Prices, Tick
from capitalino.services.analytics.domain.worth import Point, appraise, history, paid_in
from tests.support.clock import NOON

EUR, BTC, IRR = ASSETS["EUR"], ASSETS["BTC"], ASSETS["IRR"]
PAIR = ("BTC", "EUR")
FIRST = date(2026, 3, 1)
ONE_BTC = 10**8


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def test_a_holding_is_worth_its_price_and_the_shares_are_of_the_whole() -> None:
    prices = Prices({PAIR: Tick(Decimal(300), Decimal(200), NOON)}, {})
    worth = appraise([Money(ONE_BTC, BTC), Money(10_000, EUR)], EUR, prices, NOON)
    assert worth.value == Money(40_000, EUR)
    assert worth.change == (Money(10_000, EUR), Decimal("0.333333"))
    assert [one.share for one in worth.holdings] == [Decimal("0.75"), Decimal("0.25")]


def test_an_unknown_price_leaves_the_whole_unknown_and_the_rest_told() -> None:
    worth = appraise([Money(1, IRR), Money(100, EUR)], EUR, Prices({}, {}), NOON)
    assert (worth.value, worth.change) == (None, None)
    assert [one.value for one in worth.holdings] == [None, Money(100, EUR)]


def test_nothing_is_worth_nothing() -> None:
    worth = appraise([], EUR, Prices({}, {}), NOON)
    assert worth.value == Money(0, EUR)
    assert worth.change == (Money(0, EUR), None)


@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=5), st.decimals("0.01", "99999", places=2))
def test_the_whole_is_the_sum_of_what_is_shown(units: list[int], rate: Decimal) -> None:
    prices = Prices({PAIR: Tick(rate, None, NOON)}, {})
    worth = appraise([Money(one, BTC) for one in units], EUR, prices, NOON)
    assert worth.value == Money(sum(one.value.units for one in worth.holdings if one.value), EUR)


def closed(*rates: int | None) -> list[Close]:
    return [Close(PAIR, on(n), Decimal(rate)) for n, rate in enumerate(rates) if rate is not None]


def test_each_day_has_the_value_of_its_close() -> None:
    moves = [DayMove(on(0), "BTC", ONE_BTC, ONE_BTC), DayMove(on(2), "BTC", ONE_BTC, ONE_BTC)]
    points = history(moves, closed(100, 110, 120), ASSETS, EUR, until=on(2))
    assert points == [
        Point(on(0), Money(10_000, EUR), Money(10_000, EUR)),
        Point(on(1), Money(11_000, EUR), Money(10_000, EUR)),
        Point(on(2), Money(24_000, EUR), Money(22_000, EUR)),
    ]


def test_a_day_without_a_close_carries_the_last_one() -> None:
    points = history([DayMove(on(0), "BTC", ONE_BTC, 0)], closed(100, None, None), ASSETS, EUR, until=on(2))
    assert [point.value.units for point in points] == [10_000, 10_000, 10_000]


def test_a_close_from_before_the_first_movement_counts() -> None:
    points = history([DayMove(on(1), "BTC", ONE_BTC, ONE_BTC)], closed(100), ASSETS, EUR, until=on(1))
    assert points == [Point(on(1), Money(10_000, EUR), Money(10_000, EUR))]


def test_a_day_on_which_a_price_was_not_yet_known_is_left_out() -> None:
    moves = [DayMove(on(0), "BTC", ONE_BTC, ONE_BTC)]
    points = history(moves, closed(None, 110), ASSETS, EUR, until=on(1))
    assert [(point.on, point.invested) for point in points] == [(on(1), None)]


def test_a_conversion_changes_what_is_held_and_not_what_was_paid_in() -> None:
    moves = [
        DayMove(on(0), "EUR", 10_000, 10_000),
        DayMove(on(1), "EUR", -10_000, 0),
        DayMove(on(1), "BTC", ONE_BTC, 0),
    ]
    points = history(moves, closed(100, 150), ASSETS, EUR, until=on(1))
    assert points[-1] == Point(on(1), Money(15_000, EUR), Money(10_000, EUR))


def test_what_is_paid_out_is_taken_off_at_that_days_price() -> None:
    moves = [DayMove(on(0), "BTC", ONE_BTC, ONE_BTC), DayMove(on(1), "BTC", -ONE_BTC, -ONE_BTC)]
    points = history(moves, closed(100, 150), ASSETS, EUR, until=on(1))
    assert points[-1] == Point(on(1), Money(0, EUR), Money(-5_000, EUR))


def test_what_was_paid_in_follows_from_the_flows_alone() -> None:
    moves = [DayMove(on(2), "BTC", -ONE_BTC, -ONE_BTC), DayMove(on(0), "BTC", 2 * ONE_BTC, 2 * ONE_BTC)]
    assert paid_in(moves, closed(100, None, 150), ASSETS, EUR) == Money(5_000, EUR)
    assert paid_in([DayMove(on(0), "IRR", 1, 1)], closed(100), ASSETS, EUR) is None
    assert paid_in([], [], ASSETS, EUR) == Money(0, EUR)


def test_who_never_had_anything_has_no_history() -> None:
    assert history([], closed(100), ASSETS, EUR, until=on(3)) == []
