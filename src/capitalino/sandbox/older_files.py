"""Bring a file of an older sandbox up to date: once there was one exchange, and then one stock for all."""

import sqlite3

OUTGROWN = {"balance": "venue", "stretch": "of"}
"""Tables whose key has another column now; it is missing in an older file."""
ADDED = {"venue_order": "venue", "deposit": "venue"}


def make_room(sql: sqlite3.Connection) -> None:
    """Before the tables are made: set those aside that have to be made anew."""
    for table, column in OUTGROWN.items():
        columns = _columns(sql, table)
        if columns and column not in columns:
            sql.execute(f"ALTER TABLE {table} RENAME TO older_{table}")


def bring_up_to_date(sql: sqlite3.Connection) -> None:
    """After that: what was there belongs to Binance, which was the first."""
    for table, column in ADDED.items():
        if column not in _columns(sql, table):
            sql.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT 'binance'")
    if _columns(sql, "older_balance"):
        sql.execute(
            "INSERT INTO balance (venue, asset, free, locked)"
            " SELECT 'binance', asset, free, locked FROM older_balance"
        )
        sql.execute("DROP TABLE older_balance")
    if _columns(sql, "older_stretch"):
        sql.execute(
            "INSERT INTO stretch (of, from_ms, position_ms, speed)"
            " SELECT '', from_ms, position_ms, speed FROM older_stretch"
        )
        sql.execute("DROP TABLE older_stretch")


def _columns(sql: sqlite3.Connection, table: str) -> set[str]:
    return {row["name"] for row in sql.execute(f"PRAGMA table_info({table})")}
