"""Sessions and their refresh secrets, in PostgreSQL: the truth about who is signed in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update

from capitalino.kit.db import Tx
from capitalino.services.auth.domain.sessions import Purpose, Reason, Refresh, Session
from capitalino.services.auth.tables import refresh, session


async def add(tx: Tx, opened: Session) -> None:
    """A new session."""
    columns = (column.name for column in session.columns if column.name != "close_reason")
    await tx.conn.execute(insert(session).values({name: getattr(opened, name) for name in columns}))


async def get(tx: Tx, session_id: UUID, *, lock: bool = False) -> Session | None:
    """One session. Whoever changes it, or mints from it, takes the same lock."""
    query = select(session).where(session.c.session_id == session_id)
    row = (await tx.conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return _session(row) if row else None


async def open_ones(tx: Tx, user_id: UUID, now: datetime, *, lock: bool = False) -> list[Session]:
    """What a login has open, last used first. To lock several, lock the login for update before."""
    mine = (session.c.user_id == user_id) & session.c.closed_at.is_(None) & (session.c.expires_at > now)
    query = select(session).where(mine).order_by(session.c.used_at.desc(), session.c.session_id.desc())
    rows = await tx.conn.execute(query.with_for_update() if lock else query)
    return [_session(row) for row in rows]


async def touch(tx: Tx, session_id: UUID, now: datetime, origin_sealed: bytes | None = None) -> None:
    """It was used; from where, if that is known."""
    values: dict[str, Any] = {"used_at": now}
    if origin_sealed is not None:
        values["origin_sealed"] = origin_sealed
    await tx.conn.execute(update(session).where(session.c.session_id == session_id).values(values))


async def proved(tx: Tx, session_id: UUID, amr: str, now: datetime) -> None:
    """A factor was proved again."""
    values = {"factor_at": now, "amr": amr}
    await tx.conn.execute(update(session).where(session.c.session_id == session_id).values(values))


async def close(tx: Tx, session_ids: Sequence[UUID], reason: Reason, now: datetime) -> list[Session]:
    """End sessions; those that were open until now."""
    mine = session.c.session_id.in_(session_ids) & session.c.closed_at.is_(None)
    ended = update(session).where(mine).values(closed_at=now, close_reason=reason).returning(session)
    return [_session(row) for row in await tx.conn.execute(ended)]


async def due(tx: Tx, now: datetime, idle_since: datetime, limit: int) -> list[UUID]:
    """Open sessions whose time is over, locked; those that somebody is at are left for later."""
    idle = (session.c.used_at <= idle_since) & (session.c.purpose == Purpose.ACCESS)
    over = session.c.closed_at.is_(None) & or_(session.c.expires_at <= now, idle)
    query = select(session.c.session_id).where(over).limit(limit).with_for_update(skip_locked=True)
    return list((await tx.conn.execute(query)).scalars())


async def closed_since(tx: Tx, since: datetime) -> list[UUID]:
    """What ended since then."""
    query = select(session.c.session_id).where(session.c.closed_at >= since)
    return list((await tx.conn.execute(query)).scalars())


async def forget(tx: Tx, before: datetime) -> int:
    """Delete what ended before, with its secrets; how many."""
    return (await tx.conn.execute(delete(session).where(session.c.closed_at < before))).rowcount


async def forget_secrets(tx: Tx, since: datetime, before: datetime) -> int:
    """Delete the refresh secrets of sessions that ended in that time; how many."""
    over = select(session.c.session_id).where(session.c.closed_at.between(since, before))
    return (await tx.conn.execute(delete(refresh).where(refresh.c.session_id.in_(over)))).rowcount


async def add_refresh(tx: Tx, made: Refresh, now: datetime) -> None:
    """A new generation."""
    values = {
        "session_id": made.session_id,
        "generation": made.generation,
        "secret_hash": made.secret_hash,
        "salt": made.salt,
        "made_at": now,
    }
    await tx.conn.execute(insert(refresh).values(values))


async def whose(tx: Tx, secret_hash: bytes) -> tuple[UUID, UUID] | None:
    """The login and the session of a refresh secret, nothing locked yet."""
    joined = select(session.c.user_id, session.c.session_id).join_from(refresh, session)
    row = (await tx.conn.execute(joined.where(refresh.c.secret_hash == secret_hash))).one_or_none()
    return (row.user_id, row.session_id) if row else None


async def generations(tx: Tx, session_id: UUID, secret_hash: bytes) -> list[Refresh]:
    """The generation of a secret and those after it, oldest first. Read under the session's lock."""
    shown = select(refresh.c.generation).where(refresh.c.secret_hash == secret_hash).scalar_subquery()
    mine = (refresh.c.session_id == session_id) & (refresh.c.generation >= shown)
    rows = await tx.conn.execute(select(refresh).where(mine).order_by(refresh.c.generation))
    return [
        Refresh(row.session_id, row.generation, row.secret_hash, row.salt, row.replaced_at) for row in rows
    ]


async def replace(tx: Tx, old: Refresh, now: datetime) -> None:
    """The generation has been followed by another."""
    mine = (refresh.c.session_id == old.session_id) & (refresh.c.generation == old.generation)
    await tx.conn.execute(update(refresh).where(mine).values(replaced_at=now))


def _session(row: Any) -> Session:
    return Session(
        session_id=row.session_id,
        user_id=row.user_id,
        device_id=row.device_id,
        purpose=Purpose(row.purpose),
        origin_sealed=row.origin_sealed,
        opened_at=row.opened_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
        factor_at=row.factor_at,
        amr=row.amr,
    )
