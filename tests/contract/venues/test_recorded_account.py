"""What the real exchanges answered about orders and about money is read by us as by ccxt, figure by figure.

Where an answer was recorded and what was left out of it, its `source` and `recorded/README.md` say.
"""

from typing import Any

import pytest
from pydantic import ValidationError

from capitalino.venues.binance_replies import OrderReply as BinanceOrder
from capitalino.venues.coinbase_account_replies import AccountsPage
from capitalino.venues.coinbase_replies import OrderReply as CoinbaseOrder
from capitalino.venues.coinbase_replies import OrdersPage
from capitalino.venues.kraken_replies import CancelReply, PlacedReply, TradeReply
from capitalino.venues.kraken_replies import OrderReply as KrakenOrder
from capitalino.venues.okx_money_replies import WithdrawalReply as OkxWithdrawal
from capitalino.venues.port import Fill, OrderState, Pair
from tests.contract.venues.recordings import agreed, answer, client, placed, traded, with_fee

LTC = Pair("LTC", "USDT")
OURS = "0123456789abcdef0123456789abcdef"
ORDER = {"id", "symbol", "side", "status", "amount", "filled", "timestamp"}
DONE = ORDER | {"clientOrderId", "cost", "average"}
FILL = {"price", "amount", "fee", "fee_asset"}
MONEY = {"id", "currency", "amount", "status", "timestamp", "txid"}


def test_binances_order_as_it_is_placed() -> None:
    told = answer("binance", "placed")
    found = BinanceOrder.model_validate(told)
    ours = found.order(Pair("BTC", "USDT"), found.clientOrderId, found.fills)
    theirs = client("binance").parse_order(told, client("binance").market("BTC/USDT"))
    assert agreed(placed(ours), theirs) == DONE
    assert agreed({"fee": ours.fee("USDT"), "fee_asset": "USDT"}, with_fee(theirs)) == {"fee", "fee_asset"}
    for fill, trade in zip(ours.fills, theirs["trades"], strict=True):
        assert agreed(traded(fill), with_fee(trade)) == FILL


@pytest.mark.parametrize(
    ("name", "state"), [("looked_up", OrderState.OPEN), ("cancelled", OrderState.CANCELLED)]
)
def test_binances_order_without_fills(name: str, state: OrderState) -> None:
    told = answer("binance", name)
    found = BinanceOrder.model_validate(told)
    ours = found.order(Pair("LTC", "BTC"), found.clientOrderId, ())
    assert agreed(placed(ours), client("binance").parse_order(told)) >= ORDER
    assert ours.state is state


def test_krakens_order_as_it_is_placed() -> None:
    told = answer("kraken", "placed")
    (txid,) = PlacedReply.model_validate(told).txid
    assert txid == client("kraken").parse_order(told)["id"] == "OL7LNO-R4SAD-6UINEU"


def test_krakens_order_that_is_filled() -> None:
    ((txid, told),) = answer("kraken", "looked_up").items()
    (trade_id,) = told["trades"]
    # Its one fill was not recorded; it must have had the figures of the order.
    fill = {"ordertxid": txid, "vol": told["vol_exec"]} | {
        name: told[name] for name in ("price", "cost", "fee")
    }
    fills = {trade_id: TradeReply.model_validate(fill)}
    ours = KrakenOrder.model_validate(told | {"cl_ord_id": OURS}).order(txid, LTC, OURS, fills)
    theirs = client("kraken").parse_order(told | {"id": txid, "cl_ord_id": OURS, "userref": None})
    assert agreed(placed(ours), theirs) == DONE
    assert agreed({"fee": ours.fee("USDT"), "fee_asset": "USDT"}, with_fee(theirs)) == {"fee", "fee_asset"}


def test_krakens_fills() -> None:
    for trade_id, told in answer("kraken", "fills")["trades"].items():
        row = TradeReply.model_validate(told)
        theirs = client("kraken").parse_trade(told | {"id": trade_id}, client("kraken").market("BTC/USDT"))
        ours = traded(Fill(row.price, row.vol, row.fee, "USDT")) | {"cost": row.cost, "order": row.ordertxid}
        assert agreed(ours, with_fee(theirs)) == FILL | {"cost", "order"}


def test_krakens_cancelling() -> None:
    assert CancelReply.model_validate(answer("kraken", "cancelled")).count == 1


SENT: dict[str, Any] = {"wdId": "1", "ccy": "TON", "chain": "TON-TON", "amt": "1", "state": "2", "ts": "1"}


@pytest.mark.parametrize(
    ("told", "tag"),
    [
        ({"addrEx": {"comment": "11563797"}}, "11563797"),
        ({"addrEx": {"comment": "11563797"}, "tag": "7"}, "7"),
        ({"addrEx": None}, ""),
        ({"addrEx": {}}, ""),
        ({"addrEx": ""}, ""),
        ({}, ""),
    ],
)
def test_what_was_sent_from_okx_has_the_comment_too(told: dict[str, Any], tag: str) -> None:
    assert OkxWithdrawal.model_validate(SENT | told).withdrawal().tag == tag


def test_two_comments_are_not_one() -> None:
    with pytest.raises(ValidationError):
        OkxWithdrawal.model_validate(SENT | {"addrEx": {"comment": "1", "other": "2"}})


def test_coinbases_order_that_is_open() -> None:
    row = OrdersPage.model_validate(answer("coinbase", "listed")).orders[0]
    found = CoinbaseOrder.model_validate(row)
    ours = found.order(Pair("BTC", "USD"), found.client_order_id, ())
    assert agreed(placed(ours), client("coinbase").parse_order(row)) >= ORDER


def test_coinbases_balances() -> None:
    told = answer("coinbase", "balances")
    # The recording has the short names of the kinds of accounts, of which ccxt knows the long ones only.
    long = [row | {"type": f"ACCOUNT_TYPE_{row['type']}"} for row in told["accounts"]]
    theirs = client("coinbase").parse_custom_balance({"accounts": long})
    for row in AccountsPage.model_validate(told).accounts:
        ours = row.balance()
        assert agreed({"free": ours.free, "used": ours.locked}, theirs[ours.asset]) == {"free", "used"}
