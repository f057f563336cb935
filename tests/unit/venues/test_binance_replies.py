"""Binance's answers as its documentation shows them, and what is none."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from capitalino.venues.binance_replies import ExchangeInfoReply, KlineReply, OrderReply, TickerReply
from capitalino.venues.port import OrderState, Pair, Side

BTC = Pair("BTC", "EUR")
ORDER: dict[str, Any] = {
    "symbol": "BTCEUR",
    "orderId": 28,
    "orderListId": -1,
    "clientOrderId": "0123456789abcdef0123456789abcdef",
    "transactTime": 1795339931645,
    "price": "0.00000000",
    "origQty": "10.00000000",
    "executedQty": "10.00000000",
    "origQuoteOrderQty": "0.000000",
    "cummulativeQuoteQty": "79990.00000000",
    "status": "FILLED",
    "timeInForce": "GTC",
    "type": "MARKET",
    "side": "SELL",
    "workingTime": 1795339931645,
    "selfTradePreventionMode": "NONE",
    "fills": [
        {"price": "8000.00", "qty": "9.0", "commission": "72.0", "commissionAsset": "EUR", "tradeId": 56},
        {"price": "7990.00", "qty": "1.0", "commission": "0.01", "commissionAsset": "BNB", "tradeId": 57},
    ],
}


def test_an_order_is_read() -> None:
    reply = OrderReply.model_validate(ORDER)
    order = reply.order(BTC, "id", reply.fills)
    assert (order.side, order.state) == (Side.SELL, OrderState.FILLED)
    assert (order.filled, order.cost) == (Decimal(10), Decimal(79990))
    assert order.average == 7999
    assert (order.fee("EUR"), order.fee("BNB"), order.fee("BTC")) == (
        Decimal(72),
        Decimal("0.01"),
        Decimal(0),
    )


def test_an_order_without_fills_has_no_average() -> None:
    reply = OrderReply.model_validate(ORDER | {"executedQty": "0", "fills": [], "status": "NEW"})
    assert reply.order(BTC, "id", ()).average is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"symbol": "ETHEUR"},
        {"status": "DREAMING"},
        {"fills": []},
        {"transactTime": None},
        {"executedQty": "9"},
    ],
)
def test_an_order_that_does_not_add_up_is_none(wrong: dict[str, Any]) -> None:
    reply = OrderReply.model_validate(ORDER | wrong)
    with pytest.raises(ValueError, match=r"another order|do not add up"):
        reply.order(BTC, "id", reply.fills)


@pytest.mark.parametrize(
    "wrong", [{"orderId": None}, {"orderId": 0}, {"side": "HOLD"}, {"executedQty": "NaN"}]
)
def test_an_order_with_a_broken_field_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OrderReply.model_validate(ORDER | wrong)


@pytest.mark.parametrize("garbage", [None, "", "<html>", [], {}, {"symbol": "BTCEUR"}, 7])
def test_garbage_is_no_reply(garbage: Any) -> None:
    for shape in (OrderReply, TickerReply, ExchangeInfoReply):
        with pytest.raises(ValidationError):
            shape.model_validate(garbage)
    with pytest.raises(ValueError, match="six places"):
        KlineReply.read(garbage)


def test_older_filters_are_understood() -> None:
    symbol = {"symbol": "BTCEUR", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "EUR"}
    filters = [
        {"filterType": "MIN_NOTIONAL", "minNotional": "10"},
        {"filterType": "SOMETHING_NEW", "limit": 5},
    ]
    reply = ExchangeInfoReply.model_validate({"symbols": [symbol | {"filters": filters}]})
    rules = reply.symbols[0].instrument()
    assert rules.cost_min == 10
    assert rules.fits(Decimal(1))
