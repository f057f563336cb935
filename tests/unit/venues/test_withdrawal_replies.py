"""Withdrawals as the exchanges' own documentation shows them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from capitalino.venues.binance_money_replies import WithdrawalReply as BinanceReply
from capitalino.venues.coinbase_account_replies import TransactionReply
from capitalino.venues.kraken_money_replies import WithdrawalReply as KrakenReply
from capitalino.venues.okx_money_replies import WithdrawalReply as OkxReply
from capitalino.venues.port import Withdrawal, WithdrawalState

BINANCE: dict[str, Any] = {
    "id": "b6ae22b3aa844210a7041aee7589627c",
    "amount": "8.91000000",
    "transactionFee": "0.004",
    "coin": "USDT",
    "status": 6,
    "address": "0x94df8b352de7f46f64b01d3666bf6e936e44ce60",
    "txId": "0xb5ef8c13b968a406cc62a93a8bd80f9e9a906ef1b3fcf20a2e48573c17659268",
    "applyTime": "2019-10-12 11:12:02",
    "network": "ETH",
    "transferType": 0,
    "withdrawOrderId": "WITHDRAWtest123",
    "info": "",
    "confirmNo": 3,
    "walletType": 1,
    "txKey": "",
    "completeTime": "2023-03-23 16:52:41",
}
KRAKEN: dict[str, Any] = {
    "method": "Bitcoin",
    "aclass": "currency",
    "asset": "XXBT",
    "refid": "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg",
    "txid": "29323ce235cee8dae22503caba7a1ae87ff35e5a0fbf3dba2aaec6f2d8b4bf2e",
    "info": "bc1qxdsh4sdd29h6ldehz0se5c61asq8cgwyjf2y3z",
    "amount": "0.72485000",
    "fee": "0.00020000",
    "time": 1688014586,
    "status": "Success",
    "key": "btc-wallet-1",
}
OKX: dict[str, Any] = {
    "note": "",
    "chain": "ETH-Ethereum",
    "fee": "0.007",
    "feeCcy": "ETH",
    "ccy": "ETH",
    "clientId": "",
    "toAddrType": "1",
    "amt": "0.029809",
    "txId": "0x35c360c0eb0a7b9d0d4b1f6f3b5f2a4e4d9c6b1b6b0cda0cd8c2d6a6b2a5d8f1",
    "from": "156****359",
    "areaCodeFrom": "86",
    "to": "0xa30d1fab",
    "areaCodeTo": "",
    "state": "2",
    "ts": "1655251200000",
    "nonTradableAsset": False,
    "wdId": "15447421",
}
COINBASE: dict[str, Any] = {
    "id": "a1794ecf-5693-55fa-70cf-ef731748ed82",
    "type": "send",
    "status": "pending",
    "amount": {"amount": "-14.008308", "currency": "USDC"},
    "native_amount": {"amount": "-18.74", "currency": "CAD"},
    "description": None,
    "created_at": "2024-01-12T01:27:31Z",
    "network": {
        "status": "pending",
        "transaction_fee": {"amount": "4.008308", "currency": "USDC"},
        "transaction_amount": {"amount": "10.000000", "currency": "USDC"},
        "confirmations": 0,
    },
    "to": {"resource": "ethereum_address", "address": "0x9", "address_info": {"address": "0x9"}},
    "idem": "748d8591-da9a-4831-a45b-c1d61d878762",
}


def told(venue: str, **wrong: Any) -> Withdrawal:
    shapes: dict[str, tuple[Any, dict[str, Any]]] = {
        "binance": (BinanceReply, BINANCE),
        "coinbase": (TransactionReply, COINBASE),
        "kraken": (KrakenReply, KRAKEN),
        "okx": (OkxReply, OKX),
    }
    shape, sample = shapes[venue]
    found: Withdrawal = shape.model_validate(sample | wrong).withdrawal()
    return found


def test_binances_is_read() -> None:
    found = told("binance")
    assert (found.amount, found.fee, found.asset) == (Decimal("8.91"), Decimal("0.004"), "USDT")
    assert (found.client_id, found.state) == ("WITHDRAWtest123", WithdrawalState.SENT)
    assert found.at == datetime(2019, 10, 12, 11, 12, 2, tzinfo=UTC)


def test_krakens_is_read() -> None:
    found = told("kraken")
    assert (found.amount, found.fee, found.asset) == (Decimal("0.72485"), Decimal("0.0002"), "BTC")
    assert (found.client_id, found.state, found.address) == ("", WithdrawalState.SENT, KRAKEN["info"])


def test_okxs_is_read() -> None:
    found = told("okx")
    assert (found.amount, found.fee, found.network) == (Decimal("0.029809"), Decimal("0.007"), "ETH")
    assert found.at == datetime(2022, 6, 15, tzinfo=UTC)


def test_coinbases_is_read_without_the_fee_that_is_in_its_amount() -> None:
    found = told("coinbase")
    assert (found.amount, found.fee) == (Decimal(10), Decimal("4.008308"))
    assert (found.client_id, found.chain_id) == ("748d8591da9a4831a45bc1d61d878762", "")
    bare = told("coinbase", network={"transaction_fee": {"amount": "4.008308", "currency": "USDC"}})
    assert bare.amount == Decimal(10)


def test_what_came_to_a_coinbase_account_or_was_traded_there_did_not_leave() -> None:
    for other in (
        {"amount": {"amount": "14", "currency": "USDC"}},
        {"type": "trade", "network": None, "to": None},
    ):
        assert not TransactionReply.model_validate(COINBASE | other).leaves


@pytest.mark.parametrize(
    ("venue", "wrong", "state"),
    [
        ("binance", {"status": 0}, "pending"),
        ("binance", {"status": 4}, "pending"),
        ("binance", {"status": 1}, "refused"),
        ("binance", {"status": 3}, "refused"),
        ("binance", {"status": 5}, "refused"),
        ("binance", {"status": 99}, "pending"),
        ("kraken", {"status": "Initial", "txid": None}, "pending"),
        ("kraken", {"status": "Settled"}, "pending"),
        ("kraken", {"status": "Failure"}, "refused"),
        ("kraken", {"status-prop": "canceled"}, "refused"),
        ("kraken", {"status-prop": "onhold"}, "pending"),
        ("okx", {"state": "0", "txId": ""}, "pending"),
        ("okx", {"state": "17"}, "pending"),
        ("okx", {"state": "-1"}, "refused"),
        ("okx", {"state": "-2"}, "refused"),
        ("coinbase", {"status": "completed"}, "sent"),
        ("coinbase", {"status": "waiting_for_clearing"}, "pending"),
        ("coinbase", {"status": "canceled"}, "refused"),
        ("coinbase", {"status": "failed"}, "refused"),
    ],
)
def test_a_state_that_is_not_known_is_not_yet_sent(venue: str, wrong: dict[str, Any], state: str) -> None:
    assert told(venue, **wrong).state == state


@pytest.mark.parametrize(
    ("venue", "wrong"),
    [
        ("binance", {"amount": "0"}),
        ("binance", {"applyTime": "yesterday"}),
        ("binance", {"id": ""}),
        ("kraken", {"amount": "-1"}),
        ("kraken", {"refid": None}),
        ("okx", {"amt": "NaN"}),
        ("okx", {"wdId": ""}),
        ("coinbase", {"amount": {"amount": "x", "currency": "USDC"}}),
        ("coinbase", {"created_at": None}),
    ],
)
def test_one_with_a_broken_field_is_none(venue: str, wrong: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        told(venue, **wrong)
