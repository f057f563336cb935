"""OKX's answers as its documentation shows them, and what is none."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from capitalino.venues.okx_money_replies import AddressReply, DepositReply
from capitalino.venues.okx_replies import (
    AccountReply,
    BarReply,
    BookReply,
    FillReply,
    InstrumentReply,
    OrderReply,
    TakenReply,
    TickerReply,
    only_row,
    rows,
    the_order,
)
from capitalino.venues.port import DepositState, OrderState, Pair, Side

# Excerpts of the examples in OKX's documentation of its API, version 5 (www.okx.com/docs-v5/en).
BTC = Pair("BTC", "USDT")
OUR_ID = "0123456789abcdef0123456789abcdef"
ORDER: dict[str, Any] = {
    "accFillSz": "0.00192834",
    "avgPx": "51858",
    "cTime": "1708587373361",
    "clOrdId": OUR_ID,
    "fee": "-0.00000192834",
    "feeCcy": "BTC",
    "fillPx": "51858",
    "fillSz": "0.00192834",
    "instId": "BTC-USDT",
    "instType": "SPOT",
    "ordId": "680800019749904384",
    "ordType": "market",
    "side": "buy",
    "state": "filled",
    "sz": "0.00192834",
    "tgtCcy": "base_ccy",
}
FILL: dict[str, Any] = {
    "side": "buy",
    "fillSz": "0.00192834",
    "fillPx": "51858",
    "fee": "-0.00000192834",
    "ordId": "680800019749904384",
    "instType": "SPOT",
    "instId": "BTC-USDT",
    "billId": "680800019754098688",
    "execType": "T",
    "tradeId": "744876980",
    "feeCcy": "BTC",
    "ts": "1708587373362",
}
INSTRUMENT: dict[str, Any] = {
    "baseCcy": "BTC",
    "instId": "BTC-USDT",
    "instType": "SPOT",
    "listTime": "1606468572000",
    "lotSz": "0.00000001",
    "maxLmtSz": "9999",
    "maxMktSz": "1000000",
    "minSz": "0.00001",
    "quoteCcy": "USDT",
    "state": "live",
    "tickSz": "0.1",
}
TICKER: dict[str, Any] = {
    "instType": "SPOT",
    "instId": "BTC-USDT",
    "last": "31500.1",
    "lastSz": "0.00001754",
    "askPx": "31500.1",
    "askSz": "0.00998144",
    "bidPx": "31500",
    "bidSz": "3.05652439",
    "open24h": "31697",
    "ts": "1626526618762",
}
DEPOSIT: dict[str, Any] = {
    "actualDepBlkConfirm": "2",
    "amt": "1",
    "areaCodeFrom": "",
    "ccy": "USDT",
    "chain": "USDT-TRC20",
    "depId": "88881233",
    "from": "",
    "fromWdId": "",
    "state": "2",
    "to": "TN4hGjVXMzy9b4N1aGizqs",
    "ts": "1674038705000",
    "txId": "fee235b3e812857d36bb0426917f0df1802",
}


def told(*data: Any, code: str = "0") -> dict[str, Any]:
    return {"code": code, "msg": "", "data": list(data)}


def half(**wrong: str) -> FillReply:
    return FillReply.model_validate(FILL | {"fillSz": "0.00096417"} | wrong)


def test_an_order_is_read() -> None:
    newest, oldest = half(fillPx="51860", fee="0.01", feeCcy="USDT"), half()
    order = the_order(OrderReply, told(ORDER), OUR_ID).order(BTC, (newest, oldest))
    assert (order.side, order.state, order.client_order_id) == (Side.BUY, OrderState.FILLED, OUR_ID)
    assert (order.filled, order.cost) == (Decimal("0.00192834"), Decimal("100.00178406"))
    assert [fill.price for fill in order.fills] == [51858, 51860], "oldest first"
    assert order.fee("BTC") == Decimal("0.00000192834")
    assert order.fee("USDT") == Decimal("-0.01"), "a rebate"


def test_an_order_without_fills_has_no_average() -> None:
    reply = OrderReply.model_validate(ORDER | {"accFillSz": "0", "avgPx": "", "state": "live"})
    order = reply.order(BTC, ())
    assert order.average is None
    assert order.state is OrderState.OPEN


@pytest.mark.parametrize("wrong", [{"instId": "ETH-USDT"}, {"state": "dreaming"}, {"accFillSz": "0.002"}])
def test_an_order_that_does_not_add_up_is_none(wrong: dict[str, Any]) -> None:
    reply = OrderReply.model_validate(ORDER | wrong)
    with pytest.raises(ValueError, match=r"another order|do not add up"):
        reply.order(BTC, (half(), half()))


def test_fills_of_another_order_are_not_counted() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        OrderReply.model_validate(ORDER).order(BTC, (half(), half(ordId="1")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"ordId": None},
        {"ordId": ""},
        {"side": "hold"},
        {"accFillSz": "NaN"},
        {"cTime": ""},
        {"tgtCcy": "quote_ccy"},
    ],
)
def test_an_order_with_a_broken_field_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OrderReply.model_validate(ORDER | wrong)


def test_an_order_of_another_id_is_not_ours() -> None:
    with pytest.raises(ValueError, match="another order"):
        the_order(OrderReply, told(ORDER), "f" * 32)
    with pytest.raises(ValueError, match="not one row"):
        the_order(OrderReply, told(ORDER, ORDER | {"ordId": "2"}), OUR_ID)
    assert the_order(OrderReply, told(ORDER, ORDER), OUR_ID).clOrdId == OUR_ID, "told twice, it is one"


def test_an_order_is_taken_in_only_when_its_own_row_says_so() -> None:
    row = {"clOrdId": OUR_ID, "ordId": "312269865356374016", "tag": "", "ts": "1695190491421"}
    assert the_order(TakenReply, told(row | {"sCode": "0", "sMsg": ""}), OUR_ID).ordId
    for wrong in ({"sCode": "51008", "sMsg": "No."}, {"sCode": "0", "ordId": ""}, {}):
        with pytest.raises(ValidationError):
            the_order(TakenReply, told(row | wrong), OUR_ID)


@pytest.mark.parametrize(
    "garbage",
    [None, "", "<html>", [], {}, 7, {"code": "0"}, told(None), told("x"), told({}), told(ORDER, code="1")],
)
def test_garbage_is_no_reply(garbage: Any) -> None:
    shapes = (OrderReply, TickerReply, InstrumentReply, BookReply, AccountReply, AddressReply, DepositReply)
    for shape in shapes:
        with pytest.raises(ValueError, match=r"validation error|not one row"):
            only_row(shape, garbage)
    with pytest.raises(ValueError, match="six places"):
        BarReply.read(garbage)


def test_the_rules_of_a_pair_are_read() -> None:
    rules = only_row(InstrumentReply, told(INSTRUMENT)).instrument()
    assert rules.pair == BTC
    assert rules.fits(Decimal("0.01234567"))
    assert not rules.fits(Decimal("0.012345678"))
    assert not rules.fits(Decimal("0.000009"))
    assert rules.amount_max == 9999, "the most of a market order is one of USDT and not of bitcoins"


def test_a_pair_that_is_not_open_yet_has_no_rules() -> None:
    with pytest.raises(ValidationError):
        only_row(InstrumentReply, told(INSTRUMENT | {"lotSz": "", "minSz": ""}))


def test_a_tick_is_that_of_the_pair() -> None:
    reply = TickerReply.model_validate(TICKER)
    assert reply.tick(BTC, None).open_24h == 31697  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="another pair"):
        reply.tick(Pair("ETH", "USDT"), None)  # type: ignore[arg-type]


def test_a_book_and_a_bar_are_read() -> None:
    asks, bids = [["41006.8", "0.60038921", "0", "1"]], [["41006.3", "0.30178218", "0", "2"]]
    book = only_row(BookReply, told({"asks": asks, "bids": bids, "ts": "1629966436396", "seqId": 3235851742}))
    assert book.bids[0][0] < book.asks[0][0]
    bar = BarReply.read(["1597026383085", "3.721", "3.743", "3.677", "3.708", "8422", "22698", "12698", "0"])
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (
        Decimal("3.721"),
        Decimal("3.743"),
        Decimal("3.677"),
        Decimal("3.708"),
        Decimal(8422),
    )


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ("0", DepositState.PENDING),
        ("1", DepositState.CREDITED),
        ("2", DepositState.CREDITED),
        ("8", DepositState.PENDING),
        ("12", DepositState.PENDING),
        ("99", DepositState.PENDING),
    ],
)
def test_a_deposit_is_credited_when_okx_says_so(state: str, read: DepositState) -> None:
    (reply,) = rows(DepositReply, told(DEPOSIT | {"state": state}))
    deposit = reply.deposit()
    assert deposit.state is read
    assert (deposit.network, deposit.tag) == ("TRC20", ""), "a network of OKX's own, and no tag"


@pytest.mark.parametrize(
    ("chain", "network"), [("USDT-ERC20", "ETH"), ("USDT-Avalanche C-Chain", "Avalanche C-Chain")]
)
def test_a_network_has_one_name_at_all_venues(chain: str, network: str) -> None:
    (reply,) = rows(AddressReply, told({"ccy": "USDT", "chain": chain, "addr": "0xabc", "memo": "7"}))
    address = reply.address()
    assert (address.network, address.tag) == (network, "7")


def test_what_is_available_and_what_is_frozen_are_told_apart() -> None:
    detail = {"ccy": "USDT", "cashBal": "4850.4", "availBal": "4834.3", "frozenBal": "16.1", "eq": "4850.4"}
    balance = only_row(AccountReply, told({"totalEq": "", "details": [detail]})).details[0].balance()
    assert (balance.asset, balance.free, balance.locked) == ("USDT", Decimal("4834.3"), Decimal("16.1"))
