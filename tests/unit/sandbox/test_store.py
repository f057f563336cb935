"""The sandbox's file is read by a newer sandbox too."""

import sqlite3
from pathlib import Path

from capitalino.sandbox.store import SCHEMA, Store


def test_a_file_of_the_time_of_one_exchange_is_brought_up_to_date(tmp_path: Path) -> None:
    path, line = tmp_path / "old.sqlite", ",\n    venue TEXT NOT NULL DEFAULT 'binance'"
    assert line in SCHEMA.read_text()
    with sqlite3.connect(path) as old:
        old.executescript(SCHEMA.read_text().replace(line, ""))
        names = "client_order_id, symbol, side, type, time_in_force, price, quantity, quote_quantity, status"
        old.execute(
            f"INSERT INTO venue_order ({names}, created_ms, updated_ms)"
            " VALUES ('mine', 'BTCEUR', 'BUY', 'MARKET', 'GTC', '0', '1', '0', 'FILLED', 1, 1)"
        )
    old.close()
    for _ in range(2):
        store = Store(path)
        assert [row["venue"] for row in store.sql.execute("SELECT venue FROM venue_order")] == ["binance"]
        store.close()
