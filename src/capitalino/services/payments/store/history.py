"""How far the payments are that were taken over from another system."""

from typing import Literal
from uuid import UUID

from sqlalchemy import select

from capitalino.kit.db import Tx
from capitalino.services.payments.domain.payments import State
from capitalino.services.payments.tables.payments import conversion, deposit

Kind = Literal["deposit", "conversion"]
WHERE = {"deposit": (deposit, deposit.c.deposit_id), "conversion": (conversion, conversion.c.conversion_id)}


async def reached(tx: Tx, kind: Kind, payment_id: UUID) -> tuple[State, str | None]:
    """Its state, and why it is refused."""
    table, key = WHERE[kind]
    row = (await tx.conn.execute(select(table.c.state, table.c.reason).where(key == payment_id))).one()
    return State(row.state), row.reason
