"""What an order has really moved, whichever way the venue takes its fee."""

from decimal import Decimal

import pytest

from capitalino.kit.clock import SYSTEM
from capitalino.services.payments.adapters.venue import Filled, filled
from capitalino.venues.port import Fill, Order, OrderState, Pair, Side


def order(side: Side, fee: str, fee_asset: str) -> Order:
    """Half a bitcoin for 20,000.125 EUR."""
    amount, cost = Decimal("0.5"), Decimal("20000.125")
    fill = Fill(Decimal("40000.25"), amount, Decimal(fee), fee_asset)
    pair, state = Pair("BTC", "EUR"), OrderState.FILLED
    return Order("c" * 32, "1", pair, side, state, amount, amount, cost, (fill,), SYSTEM.now())


@pytest.mark.parametrize(
    "side, fee, fee_asset, base_units, quote_units",
    [
        (Side.BUY, "0.00050000", "BTC", 49_950_000, 2_000_013),
        (Side.BUY, "20.001", "EUR", 50_000_000, 2_002_013),
        (Side.SELL, "20.001", "EUR", 50_000_000, 1_998_012),
        (Side.SELL, "0.00050000", "BTC", 50_050_000, 2_000_012),
        (Side.SELL, "1", "BNB", 50_000_000, 2_000_012),
    ],
)
def test_the_books_take_what_went_and_came(
    side: Side, fee: str, fee_asset: str, base_units: int, quote_units: int
) -> None:
    assert filled(order(side, fee, fee_asset)) == Filled(base_units, quote_units)
