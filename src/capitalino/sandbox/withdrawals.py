"""Money that one exchange of the sandbox sends out: taken at once, and on the chain a while later."""

import secrets
import sqlite3
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from capitalino.sandbox.market import Market
from capitalino.sandbox.pairs import NETWORKS, Network, default_network
from capitalino.sandbox.store import Store

ADDRESS_LEAST = 8


class Why(Enum):
    """Why money is not sent out; each exchange says it in its own words."""

    ASSET = "no such asset, or not on that network"
    ADDRESS = "this is no address"
    AMOUNT = "not an amount that can be sent"
    LEAST = "too little"
    FUNDS = "more than there is"


class NotSent(Exception):
    """It was not sent, and nothing was taken."""

    def __init__(self, why: Why, network: Network | None = None) -> None:
        super().__init__(why.value)
        self.why = why
        self.network = network


@dataclass(frozen=True, slots=True)
class Out:
    """What is to be sent: `amount` arrives, the network's fee is taken on top of it."""

    client_id: str
    network: Network
    amount: Decimal
    address: str
    tag: str = ""
    address_name: str = ""


class Withdrawals:
    """What is sent from one exchange."""

    def __init__(self, store: Store, market: Market, confirm_ms: int, venue: str) -> None:
        self._store = store
        self._balances = store.balances(venue)
        self._market = market
        self._confirm_ms = confirm_ms
        self._venue = venue

    def send(self, out: Out) -> sqlite3.Row:
        """Take the money, and send it in a while."""
        network, fee = out.network, Decimal(out.network.fee)
        _check(out, fee)
        now, txid = self._market.now_ms(), secrets.token_hex(32)
        with self._store.transaction():
            if self._balances.free(network.asset) < out.amount + fee:
                raise NotSent(Why.FUNDS, network)
            self._balances.add(network.asset, -out.amount - fee)
            made = self._store.sql.execute(
                "INSERT INTO withdrawal (venue, client_id, asset, network, amount, fee, address, tag,"
                " address_name, txid, asked_ms, send_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._venue,
                    out.client_id,
                    network.asset,
                    network.network,
                    str(out.amount),
                    network.fee,
                    out.address,
                    out.tag,
                    out.address_name,
                    f"0x{txid}" if network.network == "ETH" else txid,
                    now,
                    now + self._confirm_ms,
                ),
            ).lastrowid
        (row,) = self._rows("withdrawal_id = ?", str(made))
        return row

    def sent_as(self, client_id: str) -> list[sqlite3.Row]:
        """Those with one id of ours, newest first."""
        return self._rows("client_id = ?", client_id)

    def listed(self, asset: str | None = None) -> list[sqlite3.Row]:
        """All, newest first."""
        return self._rows("asset = ?", asset) if asset else self._rows("true")

    def refuse(self, client_id: str) -> bool:
        """Give the money of those that are not sent yet back. Says whether there was one."""
        found = [row for row in self.sent_as(client_id) if not self.is_sent(row) and not row["refused"]]
        for row in found:
            with self._store.transaction():
                self._store.sql.execute(
                    "UPDATE withdrawal SET refused = 1 WHERE withdrawal_id = ?", (row["withdrawal_id"],)
                )
                self._balances.add(row["asset"], Decimal(row["amount"]) + Decimal(row["fee"]))
        return bool(found)

    def is_sent(self, row: sqlite3.Row) -> bool:
        """Whether the chain has it by now."""
        return not row["refused"] and row["send_ms"] <= self._market.now_ms()

    def _rows(self, known: str, *values: str) -> list[sqlite3.Row]:
        return self._store.sql.execute(
            f"SELECT * FROM withdrawal WHERE venue = ? AND {known}"  # noqa: S608 - ours
            " ORDER BY withdrawal_id DESC",
            (self._venue, *values),
        ).fetchall()


def network_of(asset: str, name: str = "") -> Network:
    """A network by which an asset is sent; the usual one when none is named."""
    if not name:
        found = default_network(asset)
    else:
        found = next((one for one in NETWORKS if (one.asset, one.network) == (asset, name)), None)
    if found is None:
        raise NotSent(Why.ASSET)
    return found


def amount_of(text: str) -> Decimal:
    """A positive amount, as it was written."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise NotSent(Why.AMOUNT) from None
    if not found.is_finite() or found <= 0:
        raise NotSent(Why.AMOUNT)
    return found


def _check(out: Out, fee: Decimal) -> None:
    if not out.address.isascii() or not out.address.isalnum() or len(out.address) < ADDRESS_LEAST:
        raise NotSent(Why.ADDRESS, out.network)
    if out.amount % Decimal(1).scaleb(-out.network.decimals):
        raise NotSent(Why.AMOUNT, out.network)
    if out.amount + fee < Decimal(out.network.least) or out.amount <= 0:
        raise NotSent(Why.LEAST, out.network)
