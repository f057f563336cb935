"""What waits for people: conversions and deposits that are unknown or in review, the oldest first."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from capitalino.kit.db import Tx
from capitalino.kit.pages import Page
from capitalino.services.payments.domain.payments import State
from capitalino.services.payments.tables.payments import conversion, conversion_step, deposit

Waiting = Literal[State.UNKNOWN, State.IN_REVIEW]
WAITING: tuple[Waiting, ...] = (State.UNKNOWN, State.IN_REVIEW)


async def conversions(tx: Tx, states: tuple[Waiting, ...], wanted: Page) -> list[tuple[int, UUID]]:
    """Their positions and ids."""
    return await _oldest(tx, conversion, conversion.c.conversion_id, states, wanted)


async def deposits(tx: Tx, states: tuple[Waiting, ...], wanted: Page) -> list[tuple[int, UUID]]:
    """The same of deposits."""
    return await _oldest(tx, deposit, deposit.c.deposit_id, states, wanted)


async def steps(tx: Tx, conversion_id: UUID) -> list[tuple[str, str | None, datetime]]:
    """Every step and state that was noted, the first one first."""
    mine = select(conversion_step).where(conversion_step.c.conversion_id == conversion_id)
    rows = await tx.conn.execute(mine.order_by(conversion_step.c.number))
    return [(row.step, row.state, row.at) for row in rows]


async def due_at(tx: Tx, conversion_id: UUID) -> datetime:
    """When the machine comes back to it."""
    query = select(conversion.c.due_at).where(conversion.c.conversion_id == conversion_id)
    found: datetime = (await tx.conn.execute(query)).scalar_one()
    return found


async def _oldest(
    tx: Tx, table: Any, key: Any, states: tuple[Waiting, ...], wanted: Page
) -> list[tuple[int, UUID]]:
    query = select(table.c.position, key).where(table.c.state.in_(states))
    if (after := wanted.after_number) is not None:
        query = query.where(table.c.position > after)
    query = query.order_by(table.c.position).limit(wanted.limit).offset(wanted.offset)
    return [(position, payment_id) for position, payment_id in await tx.conn.execute(query)]
