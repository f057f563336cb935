"""The order book and what an order takes from it."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from capitalino.sandbox.book import Level, book, take
from capitalino.sandbox.pairs import PAIRS

pairs = st.sampled_from(sorted(PAIRS.values(), key=lambda pair: pair.symbol))
middles = st.integers(10_000_000, 10**11)


@given(pairs, middles)
def test_the_book_is_sorted_does_not_cross_and_keeps_the_filters(pair: object, middle: int) -> None:
    assert isinstance(pair, type(PAIRS["BTCEUR"]))
    found = book(pair, middle)
    bids, asks = [level.price for level in found.bids], [level.price for level in found.asks]
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert bids[0] <= Decimal(middle) / 10**6 <= asks[0]
    assert all(level.price % pair.tick == 0 for level in (*found.bids, *found.asks))
    assert all(level.quantity > 0 and level.quantity % pair.lot == 0 for level in (*found.bids, *found.asks))


@given(middles)
def test_the_spread_is_a_few_basis_points(middle: int) -> None:
    found = book(PAIRS["BTCEUR"], middle)
    assert (found.asks[0].price - found.bids[0].price) / found.bids[0].price < Decimal("0.0005") + Decimal(
        "0.03"
    ) / found.bids[0].price


LEVELS = (Level(Decimal(100), Decimal(1)), Level(Decimal(101), Decimal(2)))


def test_a_quantity_walks_the_levels() -> None:
    assert take(LEVELS, Decimal("0.1"), quantity=Decimal("1.5")) == [
        Level(Decimal(100), Decimal(1)),
        Level(Decimal(101), Decimal("0.5")),
    ]


def test_a_cost_buys_whole_lots() -> None:
    taken = take(LEVELS, Decimal("0.1"), cost=Decimal(160))
    assert taken == [Level(Decimal(100), Decimal(1)), Level(Decimal(101), Decimal("0.5"))]


def test_a_thin_book_gives_what_it_has() -> None:
    assert sum(level.quantity for level in take(LEVELS, Decimal("0.1"), quantity=Decimal(10))) == 3
