"""The small SQLite file that outlives the process: what was answered once is still true after a restart."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from capitalino.sandbox.balances import Balances
from capitalino.sandbox.older_files import bring_up_to_date, make_room
from capitalino.sandbox.pace import Pace, Stretch
from capitalino.sandbox.pairs import OPENING, VENUES
from capitalino.sandbox.replay import Replay

SCHEMA = files("capitalino.sandbox").joinpath("data/schema.sql")


class Store:
    """One connection, used from the event loop only. Each statement is far below a millisecond."""

    def __init__(self, path: Path | str) -> None:
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.row_factory = sqlite3.Row
        # Survives the death of the process; only a power cut could take the last commits.
        self.sql.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;")
        make_room(self.sql)
        self.sql.executescript(SCHEMA.read_text())
        with self.transaction():
            bring_up_to_date(self.sql)
            self.sql.executemany(
                "INSERT OR IGNORE INTO balance (venue, asset, free) VALUES (?, ?, ?)",
                [(venue, asset, amount) for venue in VENUES for asset, amount in OPENING.items()],
            )

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
        return self._going_on("", Pace.beginning(now_ms, speed), now_ms, speed)

    def pace_of(self, replay: Replay, now_ms: int, speed: int) -> Pace:
        """The same for a file: where it was when it was last played in this folder."""
        return self._going_on(replay.key, replay.beginning(now_ms, speed), now_ms, speed)

    def balances(self, venue: str) -> Balances:
        """What one exchange keeps."""
        return Balances(self.sql, venue)

    def _going_on(self, of: str, new: Pace, now_ms: int, speed: int) -> Pace:
        rows = self.sql.execute(
            "SELECT from_ms, position_ms, speed FROM stretch WHERE of = ? ORDER BY from_ms", (of,)
        ).fetchall()
        kept = Pace([Stretch(*row) for row in rows]) if rows else new
        pace = kept.at_speed(now_ms, speed)
        with self.transaction():
            self.sql.executemany(
                "INSERT OR REPLACE INTO stretch (of, from_ms, position_ms, speed) VALUES (?, ?, ?, ?)",
                [(of, stretch.from_ms, stretch.position_ms, stretch.speed) for stretch in pace.stretches],
            )
        return pace
