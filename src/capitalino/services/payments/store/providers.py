"""How orders at the venues have ended, whichever replica has sent them."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, select

from capitalino.kit.db import Tx
from capitalino.services.payments.tables.payments import attempt


async def latest(tx: Tx, venue: str, within: timedelta, limit: int) -> Counter[str]:
    """The newest orders at a venue that are not too old, by what became of them."""
    recent = (attempt.c.venue == venue) & (attempt.c.sent_at > func.now() - within)
    newest = select(attempt.c.state).where(recent).order_by(attempt.c.sent_at.desc()).limit(limit)
    return Counter((await tx.conn.execute(newest)).scalars())


async def outcomes(tx: Tx, venues: Iterable[str], within: timedelta) -> dict[str, Counter[str]]:
    """All orders of a time at each of these venues, by what became of them."""
    found: dict[str, Counter[str]] = {venue: Counter() for venue in venues}
    recent = attempt.c.venue.in_(found) & (attempt.c.sent_at > func.now() - within)
    query = select(attempt.c.venue, attempt.c.state, func.count()).where(recent)
    for venue, state, count in await tx.conn.execute(query.group_by(attempt.c.venue, attempt.c.state)):
        found[venue][state] = count
    return found
