"""Reading entries: what became of an id, and which holds are past their time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from capitalino.kit.db import Tx
from capitalino.services.ledger.domain import Verdict
from capitalino.services.ledger.tables import entry, open_hold


async def find(tx: Tx, entry_id: UUID) -> tuple[Verdict, str, datetime] | None:
    """Verdict, code and time of an entry; None when the book has never seen the id."""
    wanted = select(entry.c.status, entry.c.code, entry.c.recorded_at).where(entry.c.entry_id == entry_id)
    row = (await tx.conn.execute(wanted)).one_or_none()
    return None if row is None else (Verdict(row.status), row.code, row.recorded_at)


async def due_holds(tx: Tx, limit: int) -> list[UUID]:
    """Open holds past their time, the oldest first."""
    wanted = select(open_hold.c.hold_id).where(open_hold.c.expires_at <= func.now())
    return list((await tx.conn.execute(wanted.order_by(open_hold.c.expires_at).limit(limit))).scalars())
