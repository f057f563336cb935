"""Every SQL statement of example."""

from uuid import UUID

from sqlalchemy import insert, select

from capitalino.kit.db import Tx
from capitalino.services.example.domain import Note
from capitalino.services.example.tables import note


async def add(tx: Tx, kept: Note) -> None:
    """Add a note."""
    values = {name: getattr(kept, name) for name in ("note_id", "investor_id", "text", "kept_at")}
    await tx.conn.execute(insert(note).values(values))


async def get(tx: Tx, note_id: UUID) -> Note | None:
    """One note."""
    row = (await tx.conn.execute(select(note).where(note.c.note_id == note_id))).one_or_none()
    return None if row is None else Note(row.note_id, row.investor_id, row.text, row.kept_at)


async def of_investor(
    tx: Tx, investor_id: UUID, *, before: UUID | None, offset: int, limit: int
) -> list[Note]:
    """An investor's notes, newest first: their ids are in the order of time."""
    query = select(note).where(note.c.investor_id == investor_id)
    if before is not None:
        query = query.where(note.c.note_id < before)
    rows = await tx.conn.execute(query.order_by(note.c.note_id.desc()).offset(offset).limit(limit))
    return [Note(row.note_id, row.investor_id, row.text, row.kept_at) for row in rows]
