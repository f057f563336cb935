"""What one exchange keeps of each asset."""

import sqlite3
from decimal import Decimal

NOTHING = (Decimal(0), Decimal(0))


class Balances:
    """The balances at one exchange."""

    def __init__(self, sql: sqlite3.Connection, venue: str) -> None:
        self._sql = sql
        self._venue = venue

    def all(self) -> dict[str, tuple[Decimal, Decimal]]:
        """What is free and what is locked, by asset."""
        rows = self._sql.execute(
            "SELECT asset, free, locked FROM balance WHERE venue = ? ORDER BY asset", (self._venue,)
        )
        return {row["asset"]: (Decimal(row["free"]), Decimal(row["locked"])) for row in rows}

    def free(self, asset: str) -> Decimal:
        """What may be spent."""
        return self.all().get(asset, NOTHING)[0]

    def add(self, asset: str, free: Decimal, locked: Decimal = Decimal(0)) -> None:
        """Change a balance; inside a transaction."""
        before = self.all().get(asset, NOTHING)
        after = (str(before[0] + free), str(before[1] + locked))
        self._sql.execute(
            "INSERT OR REPLACE INTO balance (venue, asset, free, locked) VALUES (?, ?, ?, ?)",
            (self._venue, asset, *after),
        )
