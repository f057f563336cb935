"""Limits by rolling window."""

from collections.abc import Sequence

from sqlalchemy import func, select, text

from capitalino.kit.db import Tx
from capitalino.services.ledger.tables.accounts import window_limit, window_use

REPLACE = text(
    "select ledger.set_limits(:key, cast(:windows as bigint[]), cast(cast(:units as text[]) as numeric[]))"
)


async def replace(tx: Tx, key: str, windows: Sequence[tuple[int, int]]) -> None:
    """All windows of a key, each in seconds with the units that it allows."""
    seconds, units = [one[0] for one in windows], [str(one[1]) for one in windows]
    await tx.conn.execute(REPLACE, {"key": key, "windows": seconds, "units": units})


async def read(tx: Tx, key: str) -> list[tuple[int, int, int]]:
    """Seconds, units allowed and units used of each window, the shortest first."""
    since = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, window_limit.c.window_s)
    used = (
        select(func.coalesce(func.sum(window_use.c.units), 0))
        .where(window_use.c.limit_key == window_limit.c.limit_key, window_use.c.recorded_at > since)
        .scalar_subquery()
    )
    rows = await tx.conn.execute(
        select(window_limit.c.window_s, window_limit.c.units, used)
        .where(window_limit.c.limit_key == key)
        .order_by(window_limit.c.window_s)
    )
    return [(row[0], int(row[1]), int(row[2])) for row in rows]
