"""Password resets in PostgreSQL: of unknown addresses too, so that both take the same time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from capitalino.kit.db import Tx
from capitalino.services.auth.tables import password_reset


@dataclass(frozen=True, slots=True)
class Reset:
    """A link that was asked for. Without a login, or asked for too often, it is void."""

    reset_id: UUID
    email_index: bytes
    user_id: UUID | None
    token_hash: bytes
    created_at: datetime
    expires_at: datetime


async def add(tx: Tx, made: Reset) -> None:
    """Keep it."""
    values = {
        "reset_id": made.reset_id,
        "email_index": made.email_index,
        "user_id": made.user_id,
        "token_hash": made.token_hash,
        "state": "open" if made.user_id else "void",
        "created_at": made.created_at,
        "expires_at": made.expires_at,
    }
    await tx.conn.execute(insert(password_reset).values(values))


async def count_since(tx: Tx, email_index: bytes, since: datetime) -> int:
    """How many were asked for an address since then."""
    table = password_reset.c
    mine = (table.email_index == email_index) & (table.created_at > since)
    counted = await tx.conn.execute(select(func.count()).select_from(password_reset).where(mine))
    return int(counted.scalar_one())


async def whose(tx: Tx, token_hash: bytes, now: datetime) -> UUID | None:
    """The login of a link that still works."""
    table = password_reset.c
    good = (table.token_hash == token_hash) & (table.state == "open") & (table.expires_at > now)
    found: UUID | None = (await tx.conn.execute(select(table.user_id).where(good))).scalar()
    return found


async def use(tx: Tx, token_hash: bytes, now: datetime) -> bool:
    """Use the link. Of many at once, one is True."""
    table = password_reset.c
    good = (table.token_hash == token_hash) & (table.state == "open") & (table.expires_at > now)
    return (await tx.conn.execute(update(password_reset).where(good).values(state="used"))).rowcount == 1


async def void_others(tx: Tx, user_id: UUID) -> None:
    """The other links of this login are worth nothing any more."""
    mine = (password_reset.c.user_id == user_id) & (password_reset.c.state == "open")
    await tx.conn.execute(update(password_reset).where(mine).values(state="void"))


async def forget(tx: Tx, before: datetime) -> int:
    """Delete what ended before; how many."""
    gone = delete(password_reset).where(password_reset.c.expires_at < before)
    return (await tx.conn.execute(gone)).rowcount
