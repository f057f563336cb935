"""Reading entries: what became of an id, and which holds are past their time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, true

from capitalino.kit.db import Tx
from capitalino.services.ledger.domain import Movement, Verdict
from capitalino.services.ledger.tables.accounts import account
from capitalino.services.ledger.tables.entries import entry, open_hold


async def find(tx: Tx, entry_id: UUID) -> tuple[Verdict, str, datetime] | None:
    """Verdict, code and time of an entry; None when the book has never seen the id."""
    wanted = select(entry.c.status, entry.c.code, entry.c.recorded_at).where(entry.c.entry_id == entry_id)
    row = (await tx.conn.execute(wanted)).one_or_none()
    return None if row is None else (Verdict(row.status), row.code, row.recorded_at)


async def held(tx: Tx, hold_id: UUID) -> list[Movement]:
    """What an accepted hold sets aside; empty when there is none."""
    source, destination = account.alias(), account.alias()
    sides = func.unnest(entry.c.source, entry.c.destination, entry.c.units)
    side = sides.table_valued("source", "destination", "units").render_derived()
    rows = await tx.conn.execute(
        select(source.c.address, destination.c.address, source.c.asset, side.c.units)
        .select_from(entry)
        .join(side, true())
        .join(source, source.c.account_id == side.c.source)
        .join(destination, destination.c.account_id == side.c.destination)
        .where(entry.c.entry_id == hold_id, entry.c.kind == "hold", entry.c.status == 0)
    )
    return [Movement(row[0], row[1], row[2], int(row[3])) for row in rows]


async def due_holds(tx: Tx, limit: int) -> list[UUID]:
    """Open holds past their time, the oldest first."""
    wanted = select(open_hold.c.hold_id).where(open_hold.c.expires_at <= func.now())
    return list((await tx.conn.execute(wanted.order_by(open_hold.c.expires_at).limit(limit))).scalars())
