"""The sandbox's file is read by a newer sandbox too."""

import sqlite3
from decimal import Decimal
from pathlib import Path

from capitalino.sandbox.pairs import OPENING, VENUES
from capitalino.sandbox.store import Store

# As the sandbox made it when there was one exchange, and then one stock of four.
OLDER = """
CREATE TABLE stretch (from_ms INTEGER PRIMARY KEY, position_ms INTEGER NOT NULL, speed INTEGER NOT NULL);
CREATE TABLE balance (asset TEXT PRIMARY KEY, free TEXT NOT NULL, locked TEXT NOT NULL DEFAULT '0');
CREATE TABLE venue_order (
    order_id INTEGER PRIMARY KEY AUTOINCREMENT, client_order_id TEXT NOT NULL, symbol TEXT NOT NULL,
    side TEXT NOT NULL, type TEXT NOT NULL, time_in_force TEXT NOT NULL, price TEXT NOT NULL,
    quantity TEXT NOT NULL, quote_quantity TEXT NOT NULL, status TEXT NOT NULL,
    executed TEXT NOT NULL DEFAULT '0', executed_quote TEXT NOT NULL DEFAULT '0',
    created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
);
CREATE TABLE deposit (
    deposit_id TEXT PRIMARY KEY, asset TEXT NOT NULL, network TEXT NOT NULL, amount TEXT NOT NULL,
    address TEXT NOT NULL, tag TEXT NOT NULL, txid TEXT NOT NULL, arrived_ms INTEGER NOT NULL,
    credit_ms INTEGER NOT NULL, credited INTEGER NOT NULL
);
INSERT INTO stretch VALUES (86400000, 0, 5);
INSERT INTO balance VALUES ('BTC', '7.5', '0.5');
INSERT INTO venue_order (
    client_order_id, symbol, side, type, time_in_force, price, quantity, quote_quantity, status, created_ms,
    updated_ms
) VALUES ('mine', 'BTCEUR', 'BUY', 'MARKET', 'GTC', '0', '1', '0', 'FILLED', 1, 1);
INSERT INTO deposit VALUES ('d1', 'BTC', 'BTC', '1', 'address', '', 'tx', 1, 2, 1);
"""


def test_a_file_of_the_time_of_one_exchange_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as old:
        old.executescript(OLDER)
    old.close()
    for _ in range(2):
        store = Store(path)
        for table in ("venue_order", "deposit"):
            assert [row["venue"] for row in store.sql.execute(f"SELECT venue FROM {table}")] == ["binance"]
        assert store.balances("binance").all()["BTC"] == (Decimal("7.5"), Decimal("0.5"))
        assert store.balances("okx").free("BTC") == Decimal(OPENING["BTC"])
        assert store.pace(10 * 86_400_000, 5).position(86_401_000) == 5000
        store.close()


def test_every_exchange_has_a_stock_of_its_own() -> None:
    store = Store(":memory:")
    with store.transaction():
        store.balances("kraken").add("EUR", Decimal(-1))
    stock = Decimal(OPENING["EUR"])
    assert {venue: store.balances(venue).free("EUR") for venue in VENUES} == dict.fromkeys(VENUES, stock) | {
        "kraken": stock - 1
    }
