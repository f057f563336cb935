"""Coinbase's answers, and what is none.

The answers are excerpts of those that NautilusTrader (LGPL-3.0) keeps for its tests of Coinbase, and of those
that ccxt (MIT) shows in the comments of its client.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from capitalino.venues.coinbase_replies import (
    BookReply,
    CancelledReply,
    CandlesReply,
    FillReply,
    FillsPage,
    OneOrderReply,
    OrderReply,
    OrdersPage,
    PlacedReply,
    ProductReply,
    ProductsReply,
    TickerEvent,
    TickerReply,
    before,
)
from capitalino.venues.port import OrderState, Pair, Side

BTC = Pair("BTC", "USD")
NOW = datetime(2026, 4, 7, 0, 29, tzinfo=UTC)
PRODUCT: dict[str, Any] = {
    "product_id": "BTC-USD",
    "price": "68923.67",
    "price_percentage_change_24h": "-0.28560028286595",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "quote_min_size": "1",
    "base_min_size": "0.00000001",
    "base_max_size": "3400",
    "trading_disabled": False,
    "quote_currency_id": "USD",
    "base_currency_id": "BTC",
    "mid_market_price": "",
    "price_increment": "0.01",
    "best_bid_price": "",
}
TRADE = {
    "trade_id": "995098663",
    "product_id": "BTC-USD",
    "price": "68923.67",
    "size": "0.00064",
    "time": "2026-04-07T00:28:58.544778Z",
    "side": "SELL",
    "bid": "",
    "ask": "",
}
TICKER: dict[str, Any] = {"trades": [TRADE], "best_bid": "68923.66", "best_ask": "68923.67"}
ORDER: dict[str, Any] = {
    "order_id": "0000-000000-000002",
    "product_id": "BTC-USD",
    "order_configuration": {"market_market_ioc": {"base_size": "0.005"}},
    "side": "SELL",
    "client_order_id": "0123456789abcdef0123456789abcdef",
    "status": "FILLED",
    "time_in_force": "IMMEDIATE_OR_CANCEL",
    "created_time": "2024-01-15T10:05:00Z",
    "filled_size": "0.005",
    "average_filled_price": "45123.45",
    "fee": "0.50",
    "number_of_fills": "1",
    "filled_value": "225.61725",
    "size_in_quote": False,
    "total_fees": "1.14",
    "settled": True,
    "last_fill_time": None,
}
FILL: dict[str, Any] = {
    "entry_id": "22222-2222222-22222222",
    "order_id": "0000-000000-000002",
    "trade_type": "FILL",
    "price": "45123.45",
    "size": "0.005",
    "commission": "1.14",
    "product_id": "BTC-USD",
    "size_in_quote": False,
}


def fills(*rows: dict[str, Any]) -> tuple[FillReply, ...]:
    return tuple(FillReply.model_validate(row) for row in rows)


def test_a_product_is_read() -> None:
    product = ProductReply.model_validate(PRODUCT)
    rules = product.instrument()
    assert (rules.pair, rules.price_step, rules.cost_min) == (BTC, Decimal("0.01"), Decimal(1))
    assert rules.fits(Decimal("0.12345678"))
    assert not rules.fits(Decimal("0.123456789"))
    assert product.open_24h() == Decimal("69121.08")


def test_a_product_without_prices_still_has_rules() -> None:
    blank = ProductReply.model_validate(PRODUCT | {"price": "", "price_percentage_change_24h": ""})
    assert blank.instrument().pair == BTC
    with pytest.raises(ValueError, match="day before"):
        blank.open_24h()


def test_the_price_before_is_what_became_this_one() -> None:
    step = Decimal("0.01")
    assert before(Decimal(110), Decimal(10), step) == 100
    assert before(Decimal("0.01"), Decimal(300), step) == step
    for percent in (Decimal(-100), None):
        with pytest.raises(ValueError, match="day before"):
            before(Decimal(110), percent, step)


def test_a_ticker_is_read() -> None:
    tick = TickerReply.model_validate(TICKER).tick(BTC, Decimal(69000), NOW)
    assert (tick.bid, tick.ask, tick.last) == (
        Decimal("68923.66"),
        Decimal("68923.67"),
        Decimal("68923.67"),
    )
    assert tick.at == datetime(2026, 4, 7, 0, 28, 58, 544778, tzinfo=UTC)
    with pytest.raises(ValueError, match="another product"):
        TickerReply.model_validate(TICKER).tick(Pair("ETH", "USD"), Decimal(69000), NOW)


def test_a_ticker_of_the_stream_takes_the_instant_of_its_message() -> None:
    info = {
        "type": "ticker",
        "product_id": "BTC-USD",
        "price": "68900.50",
        "price_percent_chg_24_h": "1.85",
        "best_bid": "68900.00",
        "best_bid_quantity": "1.50000000",
        "best_ask": "68901.00",
    }
    event = TickerEvent.told({"info": info, "datetime": "2023-02-09T20:30:37.167359596Z"})
    tick = event.tick(ProductReply.model_validate(PRODUCT).instrument(), NOW)
    assert tick.at == datetime(2023, 2, 9, 20, 30, 37, 167359, tzinfo=UTC)
    assert tick.open_24h == Decimal("67648.99")


def test_a_book_and_candles_are_read() -> None:
    sides = {"bids": [{"price": "68923.66", "size": "0.17189468"}], "asks": []}
    bids, asks = BookReply.model_validate(
        {"pricebook": {"product_id": "BTC-USD", **sides}}
    ).pricebook.levels()
    assert (bids[0].price, bids[0].amount, asks) == (Decimal("68923.66"), Decimal("0.17189468"), ())
    row = {
        "start": "1712192400",
        "low": "66055.14",
        "high": "66331.99",
        "open": "66312.4",
        "close": "66181.6",
    }
    (candle,) = CandlesReply.model_validate({"candles": [row | {"volume": "355.82896243"}]}).candles
    assert candle.candle().at == datetime(2024, 4, 4, 1, 0, tzinfo=UTC)


def test_an_order_is_read() -> None:
    order = OneOrderReply.model_validate({"order": ORDER}).order.order(
        BTC, ORDER["client_order_id"], fills(FILL)
    )
    assert (order.side, order.state, order.amount) == (Side.SELL, OrderState.FILLED, Decimal("0.005"))
    assert (order.filled, order.cost) == (Decimal("0.005"), Decimal("225.61725"))
    assert order.average == Decimal("45123.45")
    assert order.fee("USD") == Decimal("1.14")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PENDING", OrderState.OPEN),
        ("CANCEL_QUEUED", OrderState.OPEN),
        ("EXPIRED", OrderState.CANCELLED),
        ("FAILED", OrderState.REFUSED),
    ],
)
def test_an_order_without_fills_has_no_average(status: str, state: OrderState) -> None:
    told = ORDER | {"status": status, "filled_size": "0", "filled_value": "0"}
    order = OrderReply.model_validate(told).order(BTC, ORDER["client_order_id"], ())
    assert (order.state, order.average, order.amount) == (state, None, Decimal("0.005"))


def test_an_order_by_cost_is_for_what_it_got() -> None:
    told = ORDER | {"order_configuration": {"market_market_ioc": {"quote_size": "225", "base_size": ""}}}
    order = OrderReply.model_validate(told).order(BTC, ORDER["client_order_id"], fills(FILL))
    assert order.amount == order.filled


@pytest.mark.parametrize(
    "wrong",
    [
        {"product_id": "ETH-USD"},
        {"client_order_id": "another"},
        {"status": "UNKNOWN_ORDER_STATUS"},
        {"filled_size": "0.006"},
        {"order_id": "another"},
    ],
)
def test_an_order_that_does_not_add_up_is_none(wrong: dict[str, Any]) -> None:
    reply = OrderReply.model_validate(ORDER | wrong)
    with pytest.raises(ValueError, match=r"another order|do not add up"):
        reply.order(BTC, ORDER["client_order_id"], fills(FILL))


@pytest.mark.parametrize(
    "wrong",
    [
        {"order_id": ""},
        {"side": "HOLD"},
        {"filled_size": "NaN"},
        {"created_time": "soon"},
        {"order_configuration": {}},
    ],
)
def test_an_order_with_a_broken_field_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OrderReply.model_validate(ORDER | wrong)


@pytest.mark.parametrize("wrong", [{"size_in_quote": True}, {"trade_type": "REVERSAL"}, {"size": "0"}])
def test_a_fill_of_another_kind_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FillReply.model_validate(FILL | wrong)


@pytest.mark.parametrize(
    "told",
    [
        {"success": False, "success_response": {}},
        {"success": True},
        {"success": True, "success_response": {"order_id": "", "product_id": "BTC-USD", "side": "BUY"}},
    ],
)
def test_an_order_that_was_taken_has_a_number(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PlacedReply.model_validate(told)


def test_a_cancelled_order_is_the_one_that_was_meant() -> None:
    result = {"success": True, "failure_reason": "UNKNOWN_CANCEL_FAILURE_REASON", "order_id": "1"}
    reply = CancelledReply.model_validate({"results": [result]})
    assert reply.of("1").success
    for results, order_id in (([result], "2"), ([], "1"), ([result, result], "1")):
        with pytest.raises(ValueError, match=r"another order|unpack"):
            CancelledReply.model_validate({"results": results}).of(order_id)


def test_a_list_says_whether_it_goes_on() -> None:
    orders: dict[str, Any] = {"orders": [{"anything": 1}], "sequence": "0"}
    assert OrdersPage.model_validate(orders | {"has_next": True, "cursor": "7"}).onward == {"cursor": "7"}
    assert not OrdersPage.model_validate(orders | {"has_next": False, "cursor": "7"}).onward
    assert FillsPage.model_validate({"fills": [FILL], "cursor": "7"}).onward == {"cursor": "7"}
    for half in (orders, orders | {"has_next": True, "cursor": ""}, {"has_next": False, "cursor": ""}):
        with pytest.raises(ValidationError):
            OrdersPage.model_validate(half)


@pytest.mark.parametrize("garbage", [None, "", "<html>", [], {}, {"order": None}, 7])
def test_garbage_is_no_reply(garbage: Any) -> None:
    pages = (FillsPage, OrdersPage)
    for shape in (OneOrderReply, TickerReply, ProductsReply, PlacedReply, CandlesReply, BookReply, *pages):
        with pytest.raises(ValidationError):
            shape.model_validate(garbage)
