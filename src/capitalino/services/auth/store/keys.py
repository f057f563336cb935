"""Signing keys in PostgreSQL."""

from datetime import datetime

from sqlalchemy import delete, insert, select, text, update

from capitalino.kit.db import Tx
from capitalino.services.auth.domain.signing import SigningKey
from capitalino.services.auth.tables import signing_key


async def lock(tx: Tx) -> None:
    """One at a time decides about keys, until the transaction ends."""
    await tx.conn.execute(text("select pg_advisory_xact_lock(hashtextextended('auth.signing_key', 0))"))


async def every(tx: Tx) -> list[SigningKey]:
    """All keys, oldest first."""
    rows = await tx.conn.execute(select(signing_key).order_by(signing_key.c.signs_from, signing_key.c.kid))
    return [
        SigningKey(
            row.kid, row.public_jwk, row.private_sealed, row.signs_from, row.signs_until, row.withdrawn_at
        )
        for row in rows
    ]


async def add(tx: Tx, made: SigningKey, now: datetime) -> None:
    """Publish a key."""
    values = {
        "kid": made.kid,
        "public_jwk": made.public_jwk,
        "private_sealed": made.private_sealed,
        "made_at": now,
        "signs_from": made.signs_from,
        "signs_until": made.signs_until,
    }
    await tx.conn.execute(insert(signing_key).values(values))


async def end(tx: Tx, now: datetime, at: datetime) -> None:
    """Let those that sign, or would later, sign until then at most."""
    later = (signing_key.c.signs_until > at) & signing_key.c.withdrawn_at.is_(None)
    begun = signing_key.c.signs_from <= now
    await tx.conn.execute(update(signing_key).where(later & begun).values(signs_until=at))
    await tx.conn.execute(delete(signing_key).where(later & ~begun))


async def withdraw(tx: Tx, now: datetime) -> list[str]:
    """What any of them has signed is worth nothing from now on; their ids."""
    good = signing_key.c.withdrawn_at.is_(None)
    gone = update(signing_key).where(good).values(withdrawn_at=now).returning(signing_key.c.kid)
    return list((await tx.conn.execute(gone)).scalars())


async def withdrawn(tx: Tx) -> list[str]:
    """The ids of those that were withdrawn lately."""
    gone = select(signing_key.c.kid).where(signing_key.c.withdrawn_at.is_not(None))
    return list((await tx.conn.execute(gone)).scalars())


async def retire(tx: Tx, before: datetime) -> None:
    """Delete the keys that stopped signing before."""
    await tx.conn.execute(delete(signing_key).where(signing_key.c.signs_until < before))
