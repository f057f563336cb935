"""Registrations and their links, in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from capitalino.kit.db import Tx
from capitalino.services.auth.tables import registration


@dataclass(frozen=True, slots=True)
class Registration:
    """Somebody says that an address is theirs. `void` where it has a login already: the link never works."""

    registration_id: UUID
    email_index: bytes
    email_sealed: bytes
    language: str
    password_hash: str
    token_hash: bytes
    state: str
    created_at: datetime
    expires_at: datetime


async def add(tx: Tx, made: Registration) -> None:
    """Keep it."""
    values = {column.name: getattr(made, column.name) for column in registration.columns}
    await tx.conn.execute(insert(registration).values(values))


async def count_since(tx: Tx, email_index: bytes, since: datetime) -> int:
    """How often an address was registered since then."""
    mine = (registration.c.email_index == email_index) & (registration.c.created_at >= since)
    return int((await tx.conn.execute(select(func.count()).where(mine))).scalar_one())


async def newest_open(tx: Tx, email_index: bytes, now: datetime) -> Registration | None:
    """The latest registration of an address whose link would still work."""
    table = registration.c
    mine = (table.email_index == email_index) & (table.state == "open") & (table.expires_at > now)
    query = select(registration).where(mine).order_by(table.created_at.desc()).limit(1)
    row = (await tx.conn.execute(query)).one_or_none()
    return Registration(**row._mapping) if row else None  # noqa: SLF001  # SQLAlchemy's name for the row as a dict


async def confirm(tx: Tx, token_hash: bytes, now: datetime) -> Registration | None:
    """Use up a link; None when it was used, is too old, or never was. One of many at once gets it."""
    table = registration.c
    good = (table.token_hash == token_hash) & (table.state == "open") & (table.expires_at > now)
    used = update(registration).where(good).values(state="confirmed").returning(registration)
    row = (await tx.conn.execute(used)).one_or_none()
    return Registration(**row._mapping) if row else None  # noqa: SLF001  # SQLAlchemy's name for the row as a dict


async def void_others(tx: Tx, email_index: bytes) -> None:
    """The address has its login: other links to it die."""
    others = (registration.c.email_index == email_index) & (registration.c.state == "open")
    await tx.conn.execute(update(registration).where(others).values(state="void"))


async def forget(tx: Tx, before: datetime) -> int:
    """Delete what ended before; how many."""
    return (await tx.conn.execute(delete(registration).where(registration.c.expires_at < before))).rowcount
