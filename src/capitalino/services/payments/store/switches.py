"""Switches: what is closed, read in the transaction that would begin the work."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from capitalino.kit.db import Tx
from capitalino.kit.pages import Page
from capitalino.services.payments.domain.switches import Closure, Scope
from capitalino.services.payments.tables.staff import closure

# Whoever begins something and whoever closes pass one gate: once a closing is answered, nothing that has not
# seen it can still begin. In statements of their own, so that what follows sees what has committed before.
PASS = text("select pg_advisory_xact_lock_shared(hashtextextended('payments.gate', 0))")
SHUT = text("select pg_advisory_xact_lock(hashtextextended('payments.gate', 0))")


async def closed(tx: Tx) -> list[Closure]:
    """What is closed now, and stays so until this transaction has ended."""
    await tx.conn.execute(PASS)
    return await standing(tx)


async def standing(tx: Tx) -> list[Closure]:
    """What is closed, without keeping anybody from closing more."""
    query = select(closure).where(closure.c.opened_at.is_(None)).order_by(closure.c.position)
    return [_closure(row) for row in await tx.conn.execute(query)]


async def close(tx: Tx, new: Closure) -> bool:
    """Close it; False where it is closed already."""
    await tx.conn.execute(SHUT)
    row = {
        "closure_id": new.closure_id,
        "flow": new.scope.flow,
        "asset": new.scope.asset,
        "venue": new.scope.venue,
        "reason": new.reason,
        "closed_by": new.closed_by,
    }
    return (await tx.conn.execute(insert(closure).values(row).on_conflict_do_nothing())).rowcount == 1


async def get(tx: Tx, closure_id: UUID, *, lock: bool = False) -> Closure | None:
    """One that was closed."""
    query = select(closure).where(closure.c.closure_id == closure_id)
    row = (await tx.conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return _closure(row) if row else None


async def of_scope(tx: Tx, scope: Scope) -> Closure | None:
    """What closes just this now."""
    return next((one for one in await standing(tx) if one.scope == scope), None)


async def open_again(tx: Tx, closure_id: UUID, opening_id: UUID, asked_by: UUID, approved_by: UUID) -> None:
    """Open what is locked and closed."""
    values = {
        "opening_id": opening_id,
        "asked_by": asked_by,
        "approved_by": approved_by,
        "opened_at": func.now(),
    }
    closed_yet = (closure.c.closure_id == closure_id) & closure.c.opened_at.is_(None)
    done = await tx.conn.execute(update(closure).where(closed_yet).values(values))
    assert done.rowcount == 1, "it was read as closed under its lock"


async def page(tx: Tx, wanted: Page) -> list[tuple[int, Closure]]:
    """All that was ever closed, the newest first, each with its position."""
    query = select(closure)
    if (after := wanted.after_number) is not None:
        query = query.where(closure.c.position < after)
    query = query.order_by(closure.c.position.desc()).limit(wanted.limit).offset(wanted.offset)
    return [(row.position, _closure(row)) for row in await tx.conn.execute(query)]


def _closure(row: Row[Any]) -> Closure:
    return Closure(
        closure_id=row.closure_id,
        scope=Scope(row.flow, row.asset, row.venue),
        reason=row.reason,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
        opening_id=row.opening_id,
        asked_by=row.asked_by,
        approved_by=row.approved_by,
        opened_at=row.opened_at,
    )
