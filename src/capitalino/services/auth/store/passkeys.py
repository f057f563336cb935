"""Passkeys and their ceremonies in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.db import Tx
from capitalino.services.auth.domain.passkeys import Aim, Ceremony, Passkey
from capitalino.services.auth.tables import ceremony, passkey


async def add(tx: Tx, made: Passkey) -> bool:
    """Keep it; False when this credential is known already, whoever's it is."""
    columns = (column.name for column in passkey.columns)
    adding = upsert(passkey).values({name: getattr(made, name) for name in columns})
    done = await tx.conn.execute(adding.on_conflict_do_nothing(index_elements=["credential_id"]))
    return done.rowcount == 1


async def of(tx: Tx, user_id: UUID) -> list[Passkey]:
    """A login's passkeys, oldest first."""
    query = select(passkey).where(passkey.c.user_id == user_id).order_by(passkey.c.passkey_id)
    return [_passkey(row) for row in await tx.conn.execute(query)]


async def find(tx: Tx, credential_id: bytes, *, lock: bool = False) -> Passkey | None:
    """The passkey of a credential. Whoever moves its counter takes the lock."""
    query = select(passkey).where(passkey.c.credential_id == credential_id)
    row = (await tx.conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return _passkey(row) if row else None


async def rename(tx: Tx, user_id: UUID, passkey_id: UUID, name: str) -> bool:
    """Another name; False when the login has no such passkey."""
    mine = (passkey.c.user_id == user_id) & (passkey.c.passkey_id == passkey_id)
    return (await tx.conn.execute(update(passkey).where(mine).values(name=name))).rowcount == 1


async def remove(tx: Tx, user_id: UUID, passkey_id: UUID) -> bool:
    """Forget it; False when the login has no such passkey."""
    mine = (passkey.c.user_id == user_id) & (passkey.c.passkey_id == passkey_id)
    return (await tx.conn.execute(delete(passkey).where(mine))).rowcount == 1


async def used(tx: Tx, passkey_id: UUID, sign_count: int, now: datetime) -> None:
    """It was shown, with this counter."""
    values = {"sign_count": sign_count, "used_at": now}
    await tx.conn.execute(update(passkey).where(passkey.c.passkey_id == passkey_id).values(values))


async def add_ceremony(
    tx: Tx, begun: Ceremony, secret_hash: bytes, now: datetime, expires_at: datetime
) -> None:
    """A challenge is given out."""
    values = {
        "ceremony_id": begun.ceremony_id,
        "user_id": begun.user_id,
        "secret_hash": secret_hash,
        "aim": begun.aim,
        "bound_to": begun.bound_to,
        "challenge": begun.challenge,
        "created_at": now,
        "expires_at": expires_at,
    }
    await tx.conn.execute(insert(ceremony).values(values))


async def use_ceremony(
    tx: Tx, secret_hash: bytes, aim: Aim, bound_to: UUID | None, now: datetime
) -> Ceremony | None:
    """Use it up; None when it is used, over, or for something else. Of many at once, one gets it."""
    table = ceremony.c
    bound = table.bound_to.is_(None) if bound_to is None else table.bound_to == bound_to
    good = (table.secret_hash == secret_hash) & (table.aim == aim) & bound
    unused = good & table.used_at.is_(None) & (table.expires_at > now)
    taken = update(ceremony).where(unused).values(used_at=now).returning(ceremony)
    row = (await tx.conn.execute(taken)).one_or_none()
    if row is None:
        return None
    return Ceremony(row.ceremony_id, Aim(row.aim), row.challenge, row.user_id, row.bound_to)


async def drop_ceremonies(tx: Tx, user_id: UUID) -> None:
    """What a login has begun ends with its being barred."""
    await tx.conn.execute(delete(ceremony).where(ceremony.c.user_id == user_id))


async def forget_ceremonies(tx: Tx, before: datetime) -> int:
    """Delete what ended before; how many."""
    return (await tx.conn.execute(delete(ceremony).where(ceremony.c.expires_at < before))).rowcount


def _passkey(row: Any) -> Passkey:
    return Passkey(
        passkey_id=row.passkey_id,
        user_id=row.user_id,
        credential_id=row.credential_id,
        public_key=row.public_key,
        sign_count=row.sign_count,
        name=row.name,
        is_synced=row.is_synced,
        made_at=row.made_at,
        used_at=row.used_at,
    )
