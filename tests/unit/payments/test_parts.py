"""What is still to be ordered, after parts that were filled and orders that failed."""

from dataclasses import replace
from decimal import Decimal
from typing import Literal

import pytest

from capitalino.kit.ids import new_id
from capitalino.money import ASSETS, Money
from capitalino.services.payments.domain.parts import failures, spent, to_order
from capitalino.services.payments.domain.payments import Attempt, Priced, Quote
from tests.support.clock import NOON

BTC, EUR = ASSETS["BTC"], ASSETS["EUR"]
NOTHING = Money(0, EUR)
PRICED = Priced(Money(1000, BTC), Money(40, EUR), NOTHING, NOTHING, Decimal(40_000), Decimal(40_000))
QUOTE = Quote(new_id(), new_id(), PRICED, ("BTC", "EUR"), "sell", NOON)
FIRST = Attempt(1, "a" * 32, "binance", NOON, wanted_units=1000, left_units=400)
SECOND = replace(FIRST, attempt=2, venue="kraken", wanted_units=400, left_units=0)
OLD = Attempt(1, "a" * 32, "binance", NOON, "never")
"""Of before there were parts."""


def after(one: Attempt, state: Literal["filled", "never"]) -> Attempt:
    return replace(one, state=state)


@pytest.mark.parametrize(
    ("orders", "left", "failed"),
    [
        ((), 1000, 0),
        ((after(FIRST, "filled"),), 400, 0),
        ((after(FIRST, "never"),), 1000, 1),
        ((after(FIRST, "filled"), after(SECOND, "never")), 400, 1),
        ((after(FIRST, "never"), after(FIRST, "filled"), after(SECOND, "never")), 400, 1),
        ((after(FIRST, "filled"), after(SECOND, "filled")), 0, 0),
        ((OLD,), 1000, 1),
    ],
    ids=["none", "first", "first failed", "second failed", "both failed once", "all", "older"],
)
def test_what_is_left_follows_from_the_orders(orders: tuple[Attempt, ...], left: int, failed: int) -> None:
    assert (to_order(QUOTE, orders), failures(orders)) == (left, failed)


def test_who_has_had_an_order_comes_last() -> None:
    assert spent((after(FIRST, "filled"), after(SECOND, "never"))) == {"binance", "kraken"}
