"""Kraken's calls about money that comes and goes."""

import sqlite3
from decimal import Decimal
from typing import Any

from capitalino.sandbox import kraken_shapes as shapes
from capitalino.sandbox.address_book import AddressBook
from capitalino.sandbox.binance_asked import Answered, Asked
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.kraken_asked import asset_of, whole
from capitalino.sandbox.kraken_refusals import NO_METHOD, NOT_SENT, UNKNOWN_KEY, KrakenRefusal, wrong
from capitalino.sandbox.pairs import default_network
from capitalino.sandbox.withdrawals import NotSent, Out, amount_of, network_of

ROWS_A_PAGE = 25
EVER = 10**11


class KrakenMoney:
    """Every call is one small function from its parameters to an answer.

    Kraken sends to addresses only that somebody has listed before, each by a name, which it calls a key.
    """

    def __init__(self, desk: Desk, addresses: AddressBook) -> None:
        self._deposits = desk.deposits
        self._withdrawals = desk.withdrawals
        self._addresses = addresses

    def calls(self) -> list[tuple[str, str, Answered]]:
        """Name, the operation's name for faults, and who answers."""
        return [
            ("DepositMethods", "deposit_methods", self._methods),
            ("DepositAddresses", "deposit_address", self._own),
            ("DepositStatus", "deposits", self._arrived),
            ("WithdrawAddresses", "withdraw_addresses", self._listed),
            ("WithdrawInfo", "withdraw_fee", self._info),
            ("Withdraw", "withdraw", self._send),
            ("WithdrawStatus", "withdrawals", self._sent),
        ]

    def _methods(self, asked: Asked) -> list[dict[str, Any]]:
        asset = asset_of(asked)
        if asset not in shapes.METHODS:
            raise KrakenRefusal(NO_METHOD)
        return [{"method": shapes.METHODS[asset], "limit": False, "fee": "0.0000000000", "gen-address": True}]

    def _own(self, asked: Asked) -> list[dict[str, Any]]:
        asset = asset_of(asked)
        network = default_network(asset)
        if network is None or asked.get("method") != shapes.METHODS[asset]:
            raise KrakenRefusal(NO_METHOD)
        return [{"address": network.address, "expiretm": "0", "new": False}]

    def _arrived(self, asked: Asked) -> Any:
        asset = asset_of(asked) if "asset" in asked else None
        return _paged([shapes.deposit(row) for row in self._deposits.listed(asset)], "deposits", asked)

    def _listed(self, asked: Asked) -> list[dict[str, Any]]:
        rows = self._addresses.listed(asset_of(asked) if "asset" in asked else None)
        return [shapes.listed_address(row) for row in rows if asked.get("key") in {None, row["name"]}]

    def _info(self, asked: Asked) -> dict[str, Any]:
        row, out = self._out(asked)
        return {
            "method": shapes.METHODS[row["asset"]],
            "limit": "1000000.00000000",
            "amount": f"{out.amount:.10f}",
            "fee": f"{Decimal(out.network.fee):.10f}",
        }

    def _send(self, asked: Asked) -> dict[str, str]:
        """The fee is taken out of the amount that is asked for."""
        _, out = self._out(asked)
        try:
            return {"refid": shapes.refid(self._withdrawals.send(out)["withdrawal_id"])}
        except NotSent as refused:
            raise KrakenRefusal(NOT_SENT[refused.why]) from None

    def _sent(self, asked: Asked) -> Any:
        asset = asset_of(asked) if "asset" in asked else None
        found = [
            shapes.withdrawal(row, is_sent=self._withdrawals.is_sent(row))
            for row in self._withdrawals.listed(asset)
        ]
        return _paged(found, "withdrawals", asked)

    def _out(self, asked: Asked) -> tuple[sqlite3.Row, Out]:
        asset, key = asset_of(asked), asked.get("key", "")
        row = next((row for row in self._addresses.listed(asset) if row["name"] == key), None)
        if row is None:
            raise KrakenRefusal(UNKNOWN_KEY)
        if asked.get("address") not in {None, row["address"]}:
            raise wrong("address")
        try:
            network = network_of(asset)
            arrives = amount_of(asked.get("amount", "")) - Decimal(network.fee)
        except NotSent as refused:
            raise KrakenRefusal(NOT_SENT[refused.why]) from None
        return row, Out("", network, arrives, row["address"], row["tag"], key)


def _paged(rows: list[dict[str, Any]], name: str, asked: Asked) -> Any:
    """All of a time, or with a cursor page by page."""
    start, end = whole(asked, "start", 0), whole(asked, "end", EVER)
    found = [row for row in rows if start <= row["time"] <= end]
    cursor, most = asked.get("cursor", "false"), whole(asked, "limit", ROWS_A_PAGE)
    if cursor == "false":
        return found[:most]
    first = int(cursor) if cursor.isdecimal() else 0
    page, after = found[first : first + most], first + most
    return {name: page, "next_cursor": str(after) if after < len(found) else None}
