"""Orders on the sandbox's Coinbase: what is otherwise there than on Binance."""

from decimal import Decimal
from typing import Any

import pytest

from capitalino.sandbox.coinbase_orders import CoinbaseOrders
from capitalino.sandbox.coinbase_refusals import Refused
from capitalino.sandbox.market import Market
from capitalino.sandbox.orders import Orders
from capitalino.sandbox.pace import Pace
from capitalino.sandbox.pairs import TAKER_FEE
from capitalino.sandbox.recorded import load
from capitalino.sandbox.store import Store
from capitalino.sandbox.when import now_ms
from tests.support.clock import SettableClock

RECORDINGS = load()


class Exchange:
    """The parts together."""

    def __init__(self) -> None:
        clock = SettableClock()
        self.store = Store(":memory:")
        self.balances = self.store.balances("coinbase")
        market = Market(RECORDINGS, Pace.beginning(now_ms(clock), 3), clock)
        self.binance = Orders(self.store, market)
        self.orders = CoinbaseOrders(self.store, Orders(self.store, market, "coinbase", fee_in_quote=True))

    def send(self, name: str = "mine", side: str = "SELL", **configuration: Any) -> dict[str, Any]:
        wanted = configuration or {"market_market_ioc": {"base_size": "0.1"}}
        return self.orders.place(
            {"client_order_id": name, "product_id": "BTC-EUR", "side": side, "order_configuration": wanted}
        )

    def names(self, limit: int = 10, cursor: str = "", states: tuple[str, ...] = ()) -> list[str]:
        page = self.orders.listed(["BTC-EUR"], list(states), limit, cursor)
        return [row["client_order_id"] for row in page["orders"]]


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def test_an_id_is_used_once_for_ever(exchange: Exchange) -> None:
    first = exchange.send()
    assert exchange.send(side="BUY") == first
    assert exchange.names() == ["mine"]


def test_a_buyer_pays_the_fee_on_top(exchange: Exchange) -> None:
    before = exchange.balances.free("EUR")
    number = exchange.send(side="BUY")["order_id"]
    found = exchange.orders.one(number)["order"]
    cost, fee = Decimal(found["filled_value"]), Decimal(found["total_fees"])
    assert exchange.balances.free("BTC") == Decimal("500.1")
    assert before - exchange.balances.free("EUR") == cost + fee
    assert abs(fee - cost * TAKER_FEE) < Decimal("0.0001")
    assert Decimal(found["total_value_after_fees"]) == cost + fee


def test_the_fee_must_be_there_as_well(exchange: Exchange) -> None:
    found = exchange.orders.one(exchange.send("first", side="BUY")["order_id"])["order"]
    cent, needed = Decimal("0.01"), Decimal(found["total_value_after_fees"])
    for name, has, is_placed in (("second", needed - cent, False), ("third", needed + cent, True)):
        with exchange.store.transaction():
            exchange.balances.add("EUR", has - exchange.balances.free("EUR"))
        assert exchange.send(name, side="BUY")["success"] is is_placed


def test_the_list_goes_from_new_to_old_page_by_page(exchange: Exchange) -> None:
    for name in "abcde":
        exchange.send(name)
    first = exchange.orders.listed([], [], 2, "")
    assert [row["client_order_id"] for row in first["orders"]] == ["e", "d"]
    assert first["has_next"]
    second = exchange.orders.listed([], [], 3, first["cursor"])
    assert [row["client_order_id"] for row in second["orders"]] == ["c", "b", "a"]
    assert not second["has_next"]
    assert not exchange.orders.listed(["ETH-EUR"], [], 3, "")["orders"]
    assert exchange.names(states=("OPEN",)) == []


def test_orders_of_other_exchanges_are_not_there(exchange: Exchange) -> None:
    asked = {"symbol": "BTCEUR", "side": "SELL", "type": "MARKET", "quantity": "0.1"}
    row = exchange.binance.place(asked | {"newClientOrderId": "mine"})
    number = exchange.send("other")["order_id"]
    assert exchange.names() == ["other"]
    theirs = number[:-1] + f"{row['order_id']:x}"
    with pytest.raises(Refused) as refused:
        exchange.orders.one(theirs)
    assert refused.value.status == 404


def test_an_open_order_is_cancelled_once(exchange: Exchange) -> None:
    far = {"limit_limit_gtc": {"base_size": "0.1", "limit_price": "1000", "post_only": False}}
    number = exchange.send("open", side="BUY", **far)["order_id"]
    assert exchange.orders.one(number)["order"]["order_configuration"] == far
    filled = exchange.send()["order_id"]
    results = exchange.orders.cancel([number, number, filled])["results"]
    assert [result["success"] for result in results] == [True, False, False]
    assert [result["failure_reason"] for result in results[1:]] == [
        "UNKNOWN_CANCEL_ORDER",
        "ORDER_IS_FULLY_FILLED",
    ]
    assert exchange.orders.one(number)["order"]["status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"market_market_ioc": {"base_size": "501"}}, "INSUFFICIENT_FUND"),
        ({"market_market_ioc": {"base_size": "0.000001"}}, "INVALID_SIZE_PRECISION"),
        ({"market_market_ioc": {}}, "INVALID_REQUEST"),
        (
            {"limit_limit_gtc": {"base_size": "0.1", "limit_price": "1000.001"}},
            "INVALID_PRICE_PRECISION",
        ),
    ],
)
def test_a_refused_order_says_why(exchange: Exchange, terms: dict[str, Any], reason: str) -> None:
    answer = exchange.send(**terms)
    assert not answer["success"]
    assert answer["error_response"]["new_order_failure_reason"] == reason
    assert exchange.names() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_order_id": ""},
        {"client_order_id": 7},
        {"order_configuration": None},
        {"order_configuration": {"stop_limit": {}}},
        {"order_configuration": {"market_market_ioc": None}},
    ],
)
def test_what_is_no_order_is_refused(exchange: Exchange, wrong: dict[str, Any]) -> None:
    asked = {
        "client_order_id": "mine",
        "product_id": "BTC-EUR",
        "side": "BUY",
        "order_configuration": {"market_market_ioc": {"base_size": "0.1"}},
    }
    with pytest.raises(Refused) as refused:
        exchange.orders.place(asked | wrong)
    assert refused.value.status == 400


@pytest.mark.parametrize("number", ["x", "00000000-0000-0000-0000-000000000001"])
def test_an_id_that_no_order_can_have_is_not_found(exchange: Exchange, number: str) -> None:
    with pytest.raises(Refused) as refused:
        exchange.orders.one(number)
    assert refused.value.status == 404
