"""What logins did, in PostgreSQL: rows are added, never changed (`sql/activity.sql`)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select

from capitalino.kit.db import Tx
from capitalino.services.auth.domain.activities import Act, Activity
from capitalino.services.auth.tables import activity


async def add(  # noqa: PLR0917  # a row has that many columns
    tx: Tx,
    activity_id: UUID,
    user_id: UUID,
    act: Act,
    origin_sealed: bytes,
    subject: str | None,
    now: datetime,
) -> None:
    """It happened."""
    values = {
        "activity_id": activity_id,
        "user_id": user_id,
        "act": act,
        "origin_sealed": origin_sealed,
        "subject": subject,
        "noted_at": now,
    }
    await tx.conn.execute(insert(activity).values(values))


async def of(
    tx: Tx, user_id: UUID, limit: int, *, before: int | None = None, skip: int = 0
) -> list[Activity]:
    """What a login did, the newest first; `before` a position, or after passing over some."""
    query = select(activity).where(activity.c.user_id == user_id).order_by(activity.c.position.desc())
    if before is not None:
        query = query.where(activity.c.position < before)
    rows = await tx.conn.execute(query.limit(limit).offset(skip))
    return [
        Activity(row.activity_id, row.position, Act(row.act), row.noted_at, row.origin_sealed, row.subject)
        for row in rows
    ]


async def count(tx: Tx, user_id: UUID, at_most: int) -> int:
    """How many there are; it stops counting at `at_most`."""
    mine = select(activity.c.position).where(activity.c.user_id == user_id).limit(at_most).subquery()
    return int((await tx.conn.execute(select(func.count()).select_from(mine))).scalar_one())
