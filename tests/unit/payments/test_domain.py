"""What an exchange is worth: to the unit, and never to the house's loss."""

from decimal import Decimal
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from capitalino.money import ASSETS, Money, convert
from capitalino.services.payments.domain.payments import (
    BEFORE,
    FINAL,
    NEXT,
    Side,
    State,
    Terms,
    Wanted,
    price,
    rates,
)

EUR, BTC = ASSETS["EUR"], ASSETS["BTC"]
TERMS = Terms(spread=Decimal("0.002"), fee=Decimal("0.001"))
FREE = Terms(Decimal(0), Decimal(0))
MIDS = st.decimals(min_value="0.01", max_value="500000", places=2)
PARTS = st.decimals(min_value=0, max_value="0.2", places=4)
SIDES = st.sampled_from(get_args(Side))
UNITS = st.integers(min_value=1, max_value=10**15)


def test_a_sale_is_worth_the_middle_less_spread_and_fee() -> None:
    quoted = rates(Decimal(40_000), "sell", TERMS)
    priced = price(Money.parse("0.5", BTC), EUR, Wanted.EXACT_IN, quoted, TERMS)
    assert str(priced.gross) == "19960.00 EUR"  # 20,000 less 0.2 %
    assert str(priced.fee) == "19.96 EUR"
    assert str(priced.given) == "19940.04 EUR"
    assert str(priced.spread) == "40.00 EUR"


def test_exact_out_gives_exactly_what_was_asked() -> None:
    quoted = rates(Decimal(40_000), "buy", TERMS)
    priced = price(Money.parse("0.1", BTC), EUR, Wanted.EXACT_OUT, quoted, TERMS)
    assert str(priced.given) == "0.10000000 BTC"
    assert priced.taken.units >= 401_201  # 4,000 and 0.2 % and 0.1 % on top, rounded up
    assert priced.taken.units <= 401_300


@given(UNITS, MIDS, SIDES, PARTS, PARTS)
def test_nothing_is_made_or_lost(units: int, mid: Decimal, side: Side, spread: Decimal, fee: Decimal) -> None:
    terms = Terms(spread, fee)
    taken, given_ = (BTC, EUR) if side == "sell" else (EUR, BTC)
    quoted = rates(mid, side, terms)
    priced = price(Money(units, taken), given_, Wanted.EXACT_IN, quoted, terms)
    assert priced.taken == Money(units, taken)
    assert priced.given + priced.fee == priced.gross == convert(priced.taken, quoted[0], given_)
    at_the_middle = convert(priced.taken, quoted[1], given_)
    assert priced.gross.units + priced.spread.units == at_the_middle.units
    assert priced.given.units <= at_the_middle.units


@given(UNITS, MIDS, SIDES)
def test_exact_out_never_takes_less_than_it_gives(units: int, mid: Decimal, side: Side) -> None:
    taken, given_ = (BTC, EUR) if side == "sell" else (EUR, BTC)
    quoted = rates(mid, side, TERMS)
    if not quoted[0]:
        return
    priced = price(Money(units, given_), taken, Wanted.EXACT_OUT, quoted, TERMS)
    assert priced.given == Money(units, given_)
    back = price(priced.taken, given_, Wanted.EXACT_IN, quoted, TERMS)
    assert back.given.units >= units - 1  # the fee of the way back may round against it once


@given(MIDS, SIDES)
def test_the_rate_is_on_the_house_side_of_the_middle(mid: Decimal, side: Side) -> None:
    ours, middle = rates(mid, side, TERMS)
    assert ours <= middle
    assert rates(mid, side, FREE)[0] == middle


def test_the_legal_moves_read_backwards_are_the_same() -> None:
    for before in State:
        for after in State:
            stays = before is after and before not in FINAL
            assert (before in BEFORE[after]) is (after in NEXT[before] or stays)


def test_only_final_states_have_no_way_on() -> None:
    assert {state for state in State if not NEXT[state]} == FINAL
