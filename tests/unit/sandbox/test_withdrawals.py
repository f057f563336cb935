"""Money that the sandbox's exchanges send out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from capitalino.sandbox.binance_money import BinanceMoney
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.market import Market
from capitalino.sandbox.pace import Pace
from capitalino.sandbox.pairs import default_network
from capitalino.sandbox.recorded import load
from capitalino.sandbox.refusals import Refusal
from capitalino.sandbox.store import Store
from capitalino.sandbox.when import now_ms
from capitalino.sandbox.withdrawals import NotSent, Out, Why
from tests.support.clock import SettableClock

RECORDINGS = load()
ADDRESS = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
BTC = default_network("BTC")
WEEK_S = timedelta(days=7).total_seconds()


class Exchange:
    """One exchange, with a clock that can be moved."""

    def __init__(self) -> None:
        self.clock, store = SettableClock(), Store(":memory:")
        market = Market(RECORDINGS, Pace.beginning(now_ms(self.clock), 3), self.clock)
        self.desk = Desk.opened(store, market, 2000, "binance")
        self.other = Desk.opened(store, market, 2000, "okx")
        self.calls = {
            (method, path.rpartition("/")[2]): answer
            for method, path, _, answer in BinanceMoney(market, self.desk).calls()
        }

    def send(self, amount: str = "1", name: str = "mine", address: str = ADDRESS) -> None:
        assert BTC is not None
        self.desk.withdrawals.send(Out(name, BTC, Decimal(amount), address))


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def test_amount_and_fee_are_taken_at_once_and_sent_in_a_while(exchange: Exchange) -> None:
    before = exchange.desk.balances.free("BTC")
    exchange.send()
    assert before - exchange.desk.balances.free("BTC") == Decimal("1.0001")
    (row,) = exchange.desk.withdrawals.listed()
    assert not exchange.desk.withdrawals.is_sent(row)
    exchange.clock.advance(2)
    assert exchange.desk.withdrawals.is_sent(row)


def test_what_is_refused_before_it_is_sent_comes_back_and_no_later(exchange: Exchange) -> None:
    before = exchange.desk.balances.free("BTC")
    exchange.send()
    assert exchange.desk.withdrawals.refuse("mine")
    assert exchange.desk.balances.free("BTC") == before
    exchange.clock.advance(5)
    (row,) = exchange.desk.withdrawals.listed()
    assert not exchange.desk.withdrawals.is_sent(row)
    assert not exchange.desk.withdrawals.refuse("mine")
    exchange.send(name="other")
    exchange.clock.advance(5)
    assert not exchange.desk.withdrawals.refuse("other")


@pytest.mark.parametrize(
    ("amount", "address", "why"),
    [
        ("500", ADDRESS, Why.FUNDS),
        ("499.99995", ADDRESS, Why.FUNDS),
        ("0.000099", ADDRESS, Why.LEAST),
        ("1.000000001", ADDRESS, Why.AMOUNT),
        ("1", "short", Why.ADDRESS),
        ("1", "an address?", Why.ADDRESS),
    ],
)
def test_what_cannot_be_sent_takes_nothing(exchange: Exchange, amount: str, address: str, why: Why) -> None:
    before = exchange.desk.balances.all()
    with pytest.raises(NotSent) as refused:
        exchange.send(amount, address=address)
    assert refused.value.why is why
    assert (exchange.desk.balances.all(), exchange.desk.withdrawals.listed()) == (before, [])


def test_another_exchange_knows_nothing_of_it(exchange: Exchange) -> None:
    stock = exchange.other.balances.all()
    exchange.send()
    assert exchange.other.withdrawals.listed() == exchange.other.withdrawals.sent_as("mine") == []
    assert exchange.other.balances.all() == stock


def test_binance_finds_an_id_of_ours_in_the_last_week_unless_told_where(exchange: Exchange) -> None:
    exchange.send()
    sent_ms = now_ms(exchange.clock)
    find = exchange.calls["GET", "history"]
    asked = {"withdrawOrderId": "mine"}
    assert len(find(asked)) == 1
    exchange.clock.advance(WEEK_S + 1)
    assert find(asked) == []
    assert len(find(asked | {"startTime": str(sent_ms - 1)})) == 1
    with pytest.raises(Refusal):
        find(asked | {"startTime": str(sent_ms), "endTime": str(now_ms(exchange.clock))})


def test_binance_takes_its_fee_out_of_the_amount(exchange: Exchange) -> None:
    asked = {"coin": "BTC", "network": "BTC", "address": ADDRESS, "amount": "1", "withdrawOrderId": "mine"}
    assert exchange.calls["POST", "apply"](asked)["id"]
    (row,) = exchange.calls["GET", "history"]({})
    assert (row["amount"], row["transactionFee"], row["withdrawOrderId"]) == ("0.9999", "0.0001", "mine")
    with pytest.raises(Refusal, match="Duplicated"):
        exchange.calls["POST", "apply"](asked)
