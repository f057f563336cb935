"""Deposits that arrive at one exchange of the sandbox: seen at once, credited after a short while."""

import secrets
import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from capitalino.sandbox.market import Market
from capitalino.sandbox.pairs import default_network
from capitalino.sandbox.store import Store

PENDING, SUCCESS = 0, 1
"""Binance's own numbers."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sends to the exchange."""

    asset: str
    amount: Decimal
    address: str
    tag: str


class Deposits:
    """What arrived, and when it was credited."""

    def __init__(self, store: Store, market: Market, confirm_ms: int, venue: str) -> None:
        self._store = store
        self._balances = store.balances(venue)
        self._venue = venue
        self._market = market
        self._confirm_ms = confirm_ms

    def arrive(self, sent: Sent) -> sqlite3.Row:
        """Let a deposit arrive. Its address is the exchange's own when none is named."""
        network = default_network(sent.asset)
        assert network is not None, "the asset was checked before"
        now = self._market.now_ms()
        deposit_id = secrets.token_hex(12)
        txid = secrets.token_hex(32)
        with self._store.transaction():
            self._store.sql.execute(
                "INSERT INTO deposit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
                (
                    deposit_id,
                    sent.asset,
                    network.network,
                    str(sent.amount),
                    sent.address or network.address,
                    sent.tag,
                    f"0x{txid}" if network.network == "ETH" else txid,
                    now,
                    now + self._confirm_ms,
                    self._venue,
                ),
            )
        found = self._store.sql.execute("SELECT * FROM deposit WHERE deposit_id = ?", (deposit_id,))
        row: sqlite3.Row = found.fetchone()
        return row

    def listed(self, asset: str | None = None) -> list[sqlite3.Row]:
        """Deposits newest first; those whose time has come are credited before they are shown."""
        self.credit_due()
        rows = self._store.sql.execute(
            "SELECT * FROM deposit WHERE coalesce(?, asset) = asset AND venue = ?"
            " ORDER BY arrived_ms DESC, rowid DESC",
            (asset, self._venue),
        )
        return rows.fetchall()

    def credit_due(self) -> None:
        """Credit each confirmed deposit once."""
        due = self._store.sql.execute(
            "SELECT * FROM deposit WHERE NOT credited AND credit_ms <= ? AND venue = ?",
            (self._market.now_ms(), self._venue),
        ).fetchall()
        for row in due:
            with self._store.transaction():
                self._store.sql.execute(
                    "UPDATE deposit SET credited = 1 WHERE deposit_id = ?", (row["deposit_id"],)
                )
                self._balances.add(row["asset"], Decimal(row["amount"]))
