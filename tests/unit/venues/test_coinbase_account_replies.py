"""Coinbase's answers about accounts, and what is none: excerpts of NautilusTrader's and ccxt's examples."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from capitalino.venues.coinbase_account_replies import (
    AccountsPage,
    AddressesPage,
    NewAddressReply,
    TransactionReply,
    TransactionsPage,
)
from capitalino.venues.port import Balance, DepositState

TRANSACTION: dict[str, Any] = {
    "id": "0031a605-241d-514d-a97b-d4b99f3225d3",
    "type": "send",
    "status": "completed",
    "amount": {"amount": "0.00014200", "currency": "BTC"},
    "created_at": "2024-03-29T15:48:30Z",
    "network": {"status": "pending", "hash": "5jYuvrNsvX2D", "network_name": "bitcoin"},
}
ADDRESS: dict[str, Any] = {
    "id": "05b1ebbf-9438-5dd4-b297-2ddedc98d0e4",
    "address": "coinbasebase",
    "address_info": {"address": "coinbasebase", "destination_tag": "287594668"},
    "name": None,
    "network": "eosio",
    "callback_url": None,
}


def test_accounts_are_read() -> None:
    account = {
        "uuid": "8bfc20d7-f7c6-4422-bf07-8243ca4169fe",
        "currency": "BTC",
        "available_balance": {"value": "1.23456789", "currency": "BTC"},
        "type": "ACCOUNT_TYPE_CRYPTO",
        "hold": {"value": "0.00500000", "currency": "BTC"},
    }
    fiat = account | {"currency": "USD", "type": "ACCOUNT_TYPE_FIAT"}
    page = AccountsPage.model_validate({"accounts": [account, fiat], "has_next": False, "cursor": ""})
    assert page.accounts[0].balance() == Balance("BTC", Decimal("1.23456789"), Decimal("0.005"))
    assert [row.is_crypto for row in page.accounts] == [True, False]


def test_an_address_is_read_with_its_tag() -> None:
    address = NewAddressReply.model_validate({"data": ADDRESS}).data
    assert (address.deposit_address("EOS").tag, address.network) == ("287594668", "eosio")
    plain = ADDRESS | {"address_info": {"address": "coinbasebase"}}
    assert AddressesPage.model_validate({"pagination": {}, "data": [plain]}).data[0].tag == ""


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("completed", DepositState.CREDITED),
        ("pending", DepositState.PENDING),
        ("something_new", DepositState.PENDING),
        ("failed", DepositState.REFUSED),
    ],
)
def test_a_deposit_is_read(status: str, state: DepositState) -> None:
    address = NewAddressReply.model_validate({"data": ADDRESS}).data
    deposit = TransactionReply.model_validate(TRANSACTION | {"status": status}).deposit(address)
    assert (deposit.state, deposit.amount, deposit.tag) == (state, Decimal("0.00014200"), "287594668")
    assert deposit.chain_id == "5jYuvrNsvX2D"


@pytest.mark.parametrize("garbage", [None, "", "<html>", [], {}, {"data": []}, 7])
def test_garbage_is_no_reply(garbage: Any) -> None:
    for shape in (AccountsPage, AddressesPage, NewAddressReply, TransactionsPage):
        with pytest.raises(ValidationError):
            shape.model_validate(garbage)
