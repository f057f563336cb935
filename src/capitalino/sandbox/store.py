"""The small SQLite file that outlives the process: what was answered once is still true after a restart."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from capitalino.sandbox.pace import Pace, Stretch
from capitalino.sandbox.pairs import OPENING

SCHEMA = files("capitalino.sandbox").joinpath("data/schema.sql")


class Store:
    """One connection, used from the event loop only. Each statement is far below a millisecond."""

    def __init__(self, path: Path | str) -> None:
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.row_factory = sqlite3.Row
        # Survives the death of the process; only a power cut could take the last commits.
        self.sql.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;" + SCHEMA.read_text()
        )
        columns = {row["name"] for row in self.sql.execute("PRAGMA table_info(venue_order)")}
        if "venue" not in columns:
            # A file of the time when there was one exchange.
            self.sql.execute("ALTER TABLE venue_order ADD COLUMN venue TEXT NOT NULL DEFAULT 'binance'")
        with self.transaction():
            self.sql.executemany("INSERT OR IGNORE INTO balance (asset, free) VALUES (?, ?)", OPENING.items())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Never awaits inside, so nobody else gets in between."""
        self.sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.sql.execute("ROLLBACK")
            raise
        self.sql.execute("COMMIT")

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        self.sql.close()

    def pace(self, now_ms: int, speed: int) -> Pace:
        """The pace so far, going on at `speed` from now; a new one in a new folder."""
        rows = self.sql.execute("SELECT from_ms, position_ms, speed FROM stretch ORDER BY from_ms").fetchall()
        kept = Pace([Stretch(*row) for row in rows]) if rows else Pace.beginning(now_ms, speed)
        pace = kept.at_speed(now_ms, speed)
        with self.transaction():
            self.sql.executemany(
                "INSERT OR REPLACE INTO stretch VALUES (?, ?, ?)",
                [(stretch.from_ms, stretch.position_ms, stretch.speed) for stretch in pace.stretches],
            )
        return pace

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """What is free and what is locked, by asset."""
        rows = self.sql.execute("SELECT asset, free, locked FROM balance ORDER BY asset")
        return {row["asset"]: (Decimal(row["free"]), Decimal(row["locked"])) for row in rows}

    def free(self, asset: str) -> Decimal:
        """What may be spent."""
        row = self.sql.execute("SELECT free FROM balance WHERE asset = ?", (asset,)).fetchone()
        return Decimal(row["free"]) if row else Decimal(0)

    def add(self, asset: str, free: Decimal, locked: Decimal = Decimal(0)) -> None:
        """Change a balance; inside a transaction."""
        before = self.balances().get(asset, (Decimal(0), Decimal(0)))
        after = (str(before[0] + free), str(before[1] + locked))
        self.sql.execute(
            "INSERT OR REPLACE INTO balance (asset, free, locked) VALUES (?, ?, ?)", (asset, *after)
        )
