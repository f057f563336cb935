"""Kraken's answers as its documentation shows them, and what is none.

Those marked as recorded are short excerpts of the test data of NautilusTrader, changed where a test needs it.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from capitalino.venues.kraken_money_replies import AddressReply, DepositReply, DepositsReply
from capitalino.venues.kraken_names import asset, kraken_asset, kraken_pair
from capitalino.venues.kraken_replies import (
    BarReply,
    ClosedReply,
    DepthReply,
    Envelope,
    OpenReply,
    OrderReply,
    PairReply,
    PlacedReply,
    TickerEvent,
    TickerReply,
    TradeReply,
    one_pair,
    the_one_of,
)
from capitalino.venues.port import DepositState, OrderState, Pair, Side

BTC = Pair("BTC", "USDT")
OURS = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
# Recorded: http_closed_orders.json and http_trades_history.json, with the ids that a call asks for.
ORDER: dict[str, Any] = {
    "refid": None,
    "userref": 0,
    "cl_ord_id": OURS,
    "status": "closed",
    "opentm": 1688583840.8648,
    "closetm": 1688590000.5432,
    "descr": {"pair": "XBTUSDT", "type": "buy", "ordertype": "market", "price": "0"},
    "vol": "0.50000000",
    "vol_exec": "0.50000000",
    "cost": "14750.2",
    "fee": "22.1",
    "price": "29500.5",
    "misc": "",
    "oflags": "fciq",
    "trades": ["TCCCTY-WJ6EO-4FP4VZ", "TDCVFQ-TPEG4-6X7LSZ"],
}
TRADE = {
    "ordertxid": "O5KZFT-GH3AD-LP6TLU",
    "pair": "XBTUSDT",
    "time": 1688583840.8921,
    "type": "buy",
    "price": "29500.50",
    "cost": "7375.125",
    "fee": "11.0625",
    "vol": "0.25000000",
    "maker": True,
}
TXID = "O5KZFT-GH3AD-LP6TLU"
TRADES = {name: TradeReply.model_validate(TRADE) for name in ORDER["trades"]}


def test_an_order_is_read_with_its_fills_which_tell_every_digit() -> None:
    order = OrderReply.model_validate(ORDER).order(TXID, BTC, OURS, TRADES)
    assert (order.venue_order_id, order.client_order_id) == (TXID, OURS)
    assert (order.side, order.state, order.filled) == (Side.BUY, OrderState.FILLED, Decimal("0.5"))
    assert (order.cost, order.average) == (Decimal("14750.25"), Decimal("29500.5"))
    assert (order.fee("USDT"), order.fee("BTC")) == (Decimal("22.125"), Decimal(0))
    assert order.at == datetime(2023, 7, 5, 19, 4, 0, 864_800, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", OrderState.OPEN),
        ("open", OrderState.OPEN),
        ("canceled", OrderState.CANCELLED),
        ("expired", OrderState.CANCELLED),
    ],
)
def test_an_order_without_fills_has_no_average(status: str, state: OrderState) -> None:
    unfilled = {"status": status, "vol_exec": "0.00000000", "cost": "0.00000", "trades": []}
    order = OrderReply.model_validate(ORDER | unfilled).order(TXID, BTC, OURS, {})
    assert (order.state, order.average) == (state, None)


def test_an_id_may_come_back_with_dashes() -> None:
    dashed = {"cl_ord_id": "01234567-89ab-cdef-0123-456789abcdef"}
    assert OrderReply.model_validate(ORDER | dashed).order(TXID, BTC, OURS, TRADES).client_order_id == OURS


@pytest.mark.parametrize(
    "wrong",
    [
        {"cl_ord_id": None},
        {"cl_ord_id": "f" * 32},
        {"descr": {"pair": "ETHUSDT", "type": "buy"}},
        {"status": "dreaming"},
        {"vol_exec": "0.40000000"},
        {"oflags": "fcib"},
        {"oflags": ""},
    ],
)
def test_an_order_that_does_not_add_up_is_none(wrong: dict[str, Any]) -> None:
    reply = OrderReply.model_validate(ORDER | wrong)
    with pytest.raises(ValueError, match=r"another o|unknown state|do not add up|the fee"):
        reply.order(TXID, BTC, OURS, TRADES)


def test_another_orders_fill_is_none() -> None:
    with pytest.raises(ValueError, match="another one's fill"):
        OrderReply.model_validate(ORDER).order("OAFJ5K-OOO6G-YD7UQM", BTC, OURS, TRADES)


@pytest.mark.parametrize(
    "wrong", [{"opentm": 0}, {"vol": "0"}, {"vol_exec": "NaN"}, {"descr": {"type": "hold"}}]
)
def test_an_order_with_a_broken_field_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OrderReply.model_validate(ORDER | wrong)


def test_the_one_with_our_id_is_found_or_nothing_is_said() -> None:
    ours = OrderReply.model_validate(ORDER)
    another = OrderReply.model_validate(ORDER | {"cl_ord_id": "f" * 32})
    assert the_one_of(OURS, {}) is None
    assert the_one_of(OURS, {TXID: ours}) == (TXID, ours)
    for listed in ({TXID: another}, {TXID: ours, "OTHER": another}, {TXID: ours, "OTHER": ours}):
        with pytest.raises(ValueError, match="two of one id"):
            the_one_of(OURS, listed)


@pytest.mark.parametrize(
    "garbage", [None, "", "<html>", [], {}, {"error": []}, {"error": ["EAPI:Invalid key"], "result": {}}, 7]
)
def test_garbage_is_no_reply(garbage: Any) -> None:
    for shape in (Envelope, PlacedReply, OrderReply, OpenReply, ClosedReply, DepositsReply, TickerReply):
        with pytest.raises(ValidationError):
            shape.model_validate(garbage)
    with pytest.raises(ValueError, match="seven places"):
        BarReply.read(garbage)


@pytest.mark.parametrize("garbage", [None, "", [], {}, {"XXBTZEUR": 1, "XETHZEUR": 2}])
def test_one_pair_is_not_found_in_garbage(garbage: Any) -> None:
    with pytest.raises(ValueError, match=r"pairs|unpack"):
        one_pair(garbage)


@pytest.mark.parametrize("txid", [[], ["one", "two"], [""], None, "OUF4EM-FRGI2-MQMWZD"])
def test_an_order_has_one_id(txid: Any) -> None:
    # Recorded: http_add_order_spot.json.
    said = {"descr": {"order": "buy 0.01000000 XBTUSD @ limit 50000.0"}, "txid": ["OUF4EM-FRGI2-MQMWZD"]}
    assert PlacedReply.model_validate(said).txid == ("OUF4EM-FRGI2-MQMWZD",)
    with pytest.raises(ValidationError):
        PlacedReply.model_validate(said | {"txid": txid})


def test_the_rules_of_a_pair_are_read() -> None:
    # Recorded: http_asset_pairs.json.
    told = {
        "altname": "XBTUSDT",
        "wsname": "XBT/USDT",
        "base": "XXBT",
        "quote": "USDT",
        "pair_decimals": 1,
        "lot_decimals": 8,
        "ordermin": "0.00005",
        "costmin": "0.5",
        "tick_size": "0.1",
        "status": "online",
    }
    rules = PairReply.model_validate(told).instrument()
    assert (rules.pair, rules.price_step, rules.cost_min) == (BTC, Decimal("0.1"), Decimal("0.5"))
    assert rules.fits(Decimal("0.00005001"))
    assert not rules.fits(Decimal("0.00004999"))
    assert not rules.fits(Decimal("0.000050001"))
    older = {name: value for name, value in told.items() if name not in {"costmin", "tick_size"}}
    assert PairReply.model_validate(older).instrument().price_step == Decimal("0.1")


def test_the_ticker_is_read_without_its_opening_price() -> None:
    # Recorded: http_ticker.json.
    told = {
        "a": ["105944.30000", "1", "1.000"],
        "b": ["105944.20000", "1", "1.000"],
        "c": ["105899.40000", "0.00009443"],
        "o": "106021.60000",
    }
    tick = TickerReply.model_validate(told).tick(BTC, Decimal(105_000), NOW)
    assert (tick.bid, tick.ask, tick.last) == (Decimal("105944.2"), Decimal("105944.3"), Decimal("105899.4"))
    assert (tick.open_24h, tick.at, tick.received_at) == (Decimal(105_000), NOW, NOW)


# Recorded: ws_ticker_snapshot.json.
EVENT: dict[str, Any] = {
    "symbol": "BTC/USDT",
    "bid": 105944.20,
    "ask": 105944.30,
    "last": 105899.40,
    "change": -0.10,
    "timestamp": "2022-12-25T09:30:59.123456Z",
}


def test_the_numbers_of_the_stream_are_read_as_they_are_written() -> None:
    tick = TickerEvent.model_validate(EVENT).tick(BTC, NOW)
    assert (tick.bid, tick.last) == (Decimal("105944.2"), Decimal("105899.4"))
    assert tick.open_24h == Decimal("105899.5")
    assert tick.at == datetime(2022, 12, 25, 9, 30, 59, 123_456, tzinfo=UTC)


def test_a_ticker_without_a_time_is_of_when_it_came() -> None:
    untimed = {name: value for name, value in EVENT.items() if name != "timestamp"}
    assert TickerEvent.model_validate(untimed).tick(BTC, NOW).at == NOW


@pytest.mark.parametrize("wrong", [{"symbol": "ETH/USDT"}, {"change": 105899.40}, {"change": 200000}])
def test_a_ticker_that_cannot_be_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="another pair"):
        TickerEvent.model_validate(EVENT | wrong).tick(BTC, NOW)


@pytest.mark.parametrize("wrong", [{"bid": 0}, {"ask": None}, {"last": "NaN"}, {"change": None}])
def test_a_ticker_with_a_broken_field_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TickerEvent.model_validate(EVENT | wrong)


def test_the_book_is_read() -> None:
    # Recorded: http_order_book.json.
    told = {
        "asks": [["105944.30000", "0.136", 1762820248]],
        "bids": [["105944.20000", "0.002", 1762820233]],
    }
    book = DepthReply.model_validate(one_pair({"XBTUSDT": told}))
    assert book.bids[0][:2] == (Decimal("105944.2"), Decimal("0.002"))


def test_a_bar_is_read() -> None:
    row = [1688671200, "30306.1", "30306.2", "30305.7", "30305.7", "30306.1", "3.39243896", 23]
    bar = BarReply.read(one_pair({"XXBTZUSD": [row], "last": 1688672160})[0])
    assert (bar.open, bar.close, bar.volume) == (
        Decimal("30306.1"),
        Decimal("30305.7"),
        Decimal("3.39243896"),
    )
    assert bar.at == datetime(2023, 7, 6, 19, 20, tzinfo=UTC)


DEPOSIT: dict[str, Any] = {
    "method": "Bitcoin",
    "aclass": "currency",
    "asset": "XXBT",
    "refid": "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg",
    "txid": "6544b41b607d8b2512baf801755a3a87b6890eacdb451be8a94059fb11f0a8d9",
    "info": "2Myd4eaAW96ojk38A2uDK4FbioCayvkEgVq",
    "amount": "0.78125000",
    "fee": "0.0000000000",
    "time": 1688992722,
    "status": "Success",
}


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, DepositState.CREDITED),
        ({"status": "Settled"}, DepositState.PENDING),
        ({"status": "Initial"}, DepositState.PENDING),
        ({"status": "Something new"}, DepositState.PENDING),
        ({"status": "Failure"}, DepositState.REFUSED),
        ({"info": None, "status-prop": None}, DepositState.CREDITED),
        ({"status-prop": "on-hold"}, DepositState.PENDING),
        ({"status-prop": "onhold"}, DepositState.PENDING),
        ({"status-prop": "return"}, DepositState.REFUSED),
    ],
)
def test_a_deposit_is_read(told: dict[str, Any], state: DepositState) -> None:
    deposit = DepositReply.model_validate(DEPOSIT | told).deposit()
    assert (deposit.asset, deposit.network, deposit.amount) == ("BTC", "Bitcoin", Decimal("0.78125"))
    assert (deposit.chain_id, deposit.tag, deposit.state) == (DEPOSIT["txid"], "", state)
    assert deposit.at == datetime(2023, 7, 10, 12, 38, 42, tzinfo=UTC)


def test_an_address_is_good_until_it_expires() -> None:
    addresses = TypeAdapter(tuple[AddressReply, ...]).validate_python(
        [
            {"address": "for-ever", "expiretm": "0", "new": True},
            {"address": "until-then", "expiretm": str(int(NOW.timestamp()))},
        ]
    )
    before = NOW - timedelta(minutes=1)
    assert [address.is_good_at(before) for address in addresses] == [True, True]
    assert [address.is_good_at(NOW) for address in addresses] == [True, False]


@pytest.mark.parametrize(
    ("theirs", "usual"),
    [("XXBT", "BTC"), ("XBT", "BTC"), ("XETH", "ETH"), ("ZEUR", "EUR"), ("USDT", "USDT"), ("XTZ", "XTZ")],
)
def test_assets_have_their_usual_names(theirs: str, usual: str) -> None:
    assert asset(theirs) == usual
    assert asset(kraken_asset(usual)) == usual


def test_what_earns_interest_is_another_asset() -> None:
    assert asset("XBT.F") == "XBT.F"


def test_a_pair_is_asked_for_by_its_short_name() -> None:
    assert kraken_pair(Pair("DOGE", "BTC")) == "XDGXBT"
