"""Orders on the sandbox exchange behave as on Binance."""

from decimal import Decimal

import pytest

from capitalino.sandbox.altered import Altered, while_altered
from capitalino.sandbox.binance_shapes import order, placed
from capitalino.sandbox.market import Market
from capitalino.sandbox.orders import Orders
from capitalino.sandbox.pace import Pace
from capitalino.sandbox.pairs import PAIRS
from capitalino.sandbox.recorded import load
from capitalino.sandbox.refusals import Refusal
from capitalino.sandbox.store import Store
from capitalino.sandbox.when import now_ms
from tests.support.clock import SettableClock

RECORDINGS = load()
BTC = PAIRS["BTCEUR"]


class Exchange:
    """The parts together, with a clock that can be moved."""

    def __init__(self) -> None:
        self.clock = SettableClock()
        self.store = Store(":memory:")
        self.balances = self.store.balances("binance")
        self.market = Market(RECORDINGS, Pace.beginning(now_ms(self.clock), 3), self.clock)
        self.orders = Orders(self.store, self.market)

    def send(self, **more: str) -> dict[str, object]:
        asked = {"symbol": "BTCEUR", "side": "SELL", "type": "MARKET", "newClientOrderId": "mine"} | more
        row = self.orders.place(asked)
        return placed(row, self.orders.fills(row["order_id"]))

    def limit(self, side: str, factor: str, quantity: str = "0.1", name: str = "mine") -> dict[str, object]:
        price = self.market.price(BTC, self.market.now_ms()) * Decimal(factor)
        rounded = str(price.quantize(BTC.tick))
        more = {"type": "LIMIT", "timeInForce": "GTC", "price": rounded, "quantity": quantity}
        return self.send(side=side, newClientOrderId=name, **more)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def refused(exchange: Exchange, **asked: str) -> int:
    before = exchange.balances.all()
    with pytest.raises(Refusal) as refusal:
        exchange.send(**asked)
    assert exchange.balances.all() == before
    return refusal.value.code


def test_a_sale_gives_base_and_gets_quote_less_the_fee(exchange: Exchange) -> None:
    before = exchange.balances.all()
    answer = exchange.send(quantity="2")
    after = exchange.balances.all()
    cost = Decimal(str(answer["cummulativeQuoteQty"]))
    assert before["BTC"][0] - after["BTC"][0] == 2
    assert after["EUR"][0] - before["EUR"][0] == cost * Decimal("0.999")
    assert answer["status"] == "FILLED"


def test_a_large_order_walks_to_worse_prices(exchange: Exchange) -> None:
    fills = exchange.send(side="BUY", quantity="50", newClientOrderId="large")["fills"]
    assert isinstance(fills, list)
    prices = [Decimal(fill["price"]) for fill in fills]
    assert len(prices) > 3
    assert prices == sorted(prices)


def test_what_the_book_cannot_fill_expires(exchange: Exchange) -> None:
    exchange.balances.add("BTC", Decimal(100_000))
    answer = exchange.send(quantity="8000")
    assert answer["status"] == "EXPIRED"
    assert 0 < Decimal(str(answer["executedQty"])) < 8000


def test_a_budget_buys_no_more_than_it_pays(exchange: Exchange) -> None:
    answer = exchange.send(side="BUY", quoteOrderQty="1000")
    assert Decimal(980) < Decimal(str(answer["cummulativeQuoteQty"])) <= 1000
    assert answer["status"] == "FILLED"


def test_a_client_id_may_be_used_again_after_it_was_filled(exchange: Exchange) -> None:
    exchange.send(quantity="1")
    exchange.send(quantity="1")
    assert len(exchange.orders.listed()) == 2, "this trap is Binance's own: a repeat is a second order"


def test_a_client_id_of_an_open_order_is_refused(exchange: Exchange) -> None:
    exchange.limit("SELL", "1.5")
    assert refused(exchange, quantity="1") == -2010


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"quantity": "600"}, -2010),
        ({"quantity": "0.000001"}, -1013),
        ({"quantity": "0.00001"}, -1013),
        ({"quantity": "x"}, -1100),
        ({"quantity": "NaN"}, -1100),
        ({"quantity": "-1"}, -1100),
        ({}, -1102),
        ({"quantity": "1", "side": "HOLD"}, -1117),
        ({"quantity": "1", "type": "STOP"}, -1116),
        ({"quantity": "1", "symbol": "XXXEUR"}, -1121),
        ({"quantity": "1", "type": "LIMIT"}, -1102),
        ({"quantity": "1", "type": "LIMIT", "price": "8000.001"}, -1013),
    ],
)
def test_what_binance_refuses_is_refused_with_its_code(
    exchange: Exchange, asked: dict[str, str], code: int
) -> None:
    assert refused(exchange, **asked) == code


def test_a_resting_order_locks_its_money_and_a_cancel_gives_it_back(exchange: Exchange) -> None:
    before = exchange.balances.all()
    assert exchange.limit("BUY", "0.5")["status"] == "NEW"
    assert exchange.balances.all()["EUR"][1] > 0
    assert len(exchange.orders.listed("BTCEUR", is_open=True)) == 1
    assert exchange.orders.cancel("BTCEUR", None, "mine")["status"] == "CANCELED"
    assert exchange.balances.all() == before
    with pytest.raises(Refusal):
        exchange.orders.cancel("BTCEUR", None, "mine")


def test_a_resting_order_is_filled_when_its_price_is_reached(exchange: Exchange) -> None:
    exchange.limit("BUY", "0.995", name="low")
    exchange.limit("SELL", "1.005", name="high")
    exchange.clock.advance(3 * 86_400)
    found = [order(row) for row in exchange.orders.listed()]
    assert [row["status"] for row in found] == ["FILLED", "FILLED"]
    assert all(locked == 0 for _, locked in exchange.balances.all().values())
    assert all(fill["is_maker"] for row in found for fill in exchange.orders.fills(row["orderId"]))


def test_an_order_that_is_filled_in_part_expires_or_rests(exchange: Exchange) -> None:
    with while_altered(Altered(share=Decimal("0.4"))):
        assert exchange.send(quantity="1")["executedQty"] == "0.40000000"
        assert exchange.limit("BUY", "1.01", "1", name="rest")["status"] == "PARTIALLY_FILLED"
    first, second = (order(row) for row in exchange.orders.listed())
    assert (first["status"], first["executedQty"]) == ("EXPIRED", "0.40000000")
    assert (second["status"], second["executedQty"]) == ("FILLED", "1.00000000"), (
        "filled before it is cancelled"
    )
    with pytest.raises(Refusal):
        exchange.orders.cancel("BTCEUR", None, "rest")
    assert all(locked == 0 for _, locked in exchange.balances.all().values())


def test_an_order_is_known_to_its_own_exchange_only(exchange: Exchange) -> None:
    other = Orders(exchange.store, exchange.market, "kraken")
    exchange.limit("BUY", "0.5")
    assert other.listed() == other.sent_as("mine") == []
    with pytest.raises(Refusal):
        other.cancel("BTCEUR", None, "mine")
    with pytest.raises(Refusal):
        other.get(exchange.orders.listed()[0]["order_id"])


def test_the_fee_of_a_purchase_may_be_taken_from_the_quote_asset(exchange: Exchange) -> None:
    other = Orders(exchange.store, exchange.market, "kraken", fee_in_quote=True)
    kraken = exchange.store.balances("kraken")
    before = kraken.all()
    row = other.place({"symbol": "BTCEUR", "side": "BUY", "type": "MARKET", "quantity": "2"})
    after = kraken.all()
    assert after["BTC"][0] - before["BTC"][0] == 2
    fee = sum(Decimal(fill["fee"]) for fill in other.fills(row["order_id"]))
    assert before["EUR"][0] - after["EUR"][0] == Decimal(row["executed_quote"]) + fee
    assert fee > 0


def test_a_purchase_is_refused_when_its_fee_cannot_be_paid(exchange: Exchange) -> None:
    other = Orders(exchange.store, exchange.market, "kraken", fee_in_quote=True)
    kraken = exchange.store.balances("kraken")
    cost = exchange.market.book(BTC, exchange.market.now_ms()).asks[0].price
    kraken.add("EUR", cost - kraken.free("EUR"))
    with pytest.raises(Refusal) as refusal:
        other.place({"symbol": "BTCEUR", "side": "BUY", "type": "MARKET", "quantity": "1"})
    assert refusal.value.code == -2010


def test_no_money_is_made_or_lost_but_fees(exchange: Exchange) -> None:
    before = exchange.balances.all()["BTC"][0]
    exchange.send(side="BUY", quantity="3", newClientOrderId="in")
    exchange.send(side="SELL", quantity="3", newClientOrderId="out")
    rows = exchange.orders.listed()
    fees = sum(
        Decimal(fill["fee"])
        for row in rows
        for fill in exchange.orders.fills(row["order_id"])
        if fill["fee_asset"] == "BTC"
    )
    assert before - exchange.balances.all()["BTC"][0] == fees > 0
