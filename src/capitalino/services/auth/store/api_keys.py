"""API keys in PostgreSQL: the truth about them. What other services need is in the passes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.auth.principals import Scope
from capitalino.kit.db import Tx
from capitalino.services.auth.domain.api_keys import ApiKey
from capitalino.services.auth.domain.logins import Standing
from capitalino.services.auth.tables import api_key, login


async def add(tx: Tx, made: ApiKey) -> bool:
    """Keep it; False when its public key is known already."""
    values = {
        "key_id": made.key_id,
        "user_id": made.user_id,
        "name": made.name,
        "public_key": made.public_key,
        "scopes": " ".join(sorted(made.scopes)),
        "networks": " ".join(made.networks),
        "made_at": made.made_at,
        "expires_at": made.expires_at,
    }
    adding = upsert(api_key).values(values).on_conflict_do_nothing(index_elements=["public_key"])
    return (await tx.conn.execute(adding)).rowcount == 1


async def of(tx: Tx, user_id: UUID, since: datetime) -> list[ApiKey]:
    """A login's keys, the newest first; those that were revoked or over before `since` are left out."""
    table = api_key.c
    recent = (table.expires_at > since) & or_(table.revoked_at.is_(None), table.revoked_at > since)
    query = select(api_key).where((table.user_id == user_id) & recent).order_by(table.key_id.desc())
    return [_key(row) for row in await tx.conn.execute(query)]


async def count_live(tx: Tx, user_id: UUID, now: datetime) -> int:
    """How many may be used."""
    table = api_key.c
    live = (table.user_id == user_id) & table.revoked_at.is_(None) & (table.expires_at > now)
    counted = await tx.conn.execute(select(func.count()).select_from(api_key).where(live))
    return int(counted.scalar_one())


async def revoke(tx: Tx, user_id: UUID, now: datetime, key_id: UUID | None = None) -> list[UUID]:
    """End one key of a login, or all; those that could be used until now."""
    mine = (api_key.c.user_id == user_id) & api_key.c.revoked_at.is_(None)
    if key_id is not None:
        mine &= api_key.c.key_id == key_id
    ended = update(api_key).where(mine).values(revoked_at=now).returning(api_key.c.key_id)
    return list((await tx.conn.execute(ended)).scalars())


async def exists(tx: Tx, user_id: UUID, key_id: UUID) -> bool:
    """Whether the login has, or had, such a key."""
    mine = (api_key.c.user_id == user_id) & (api_key.c.key_id == key_id)
    return (await tx.conn.execute(select(api_key.c.key_id).where(mine))).scalar() is not None


async def revoked_since(tx: Tx, since: datetime) -> list[UUID]:
    """What was revoked since then."""
    query = select(api_key.c.key_id).where(api_key.c.revoked_at >= since)
    return list((await tx.conn.execute(query)).scalars())


async def due(tx: Tx, now: datetime, renewed: datetime, limit: int) -> list[ApiKey]:
    """Live keys of active logins whose pass is missing, older than `renewed`, or of an earlier epoch."""
    table = api_key.c
    live = table.revoked_at.is_(None) & (table.expires_at > now) & (login.c.standing == Standing.ACTIVE)
    stale = or_(table.passed_at.is_(None), table.passed_at < renewed, table.passed_at <= login.c.epoch_at)
    query = select(api_key).join_from(api_key, login).where(live & stale).limit(limit)
    return [_key(row) for row in await tx.conn.execute(query.with_for_update(of=api_key, skip_locked=True))]


async def passed(tx: Tx, key_ids: Sequence[UUID], now: datetime | None) -> None:
    """Their passes were made; with None for the time, they have to be made again."""
    await tx.conn.execute(update(api_key).where(api_key.c.key_id.in_(key_ids)).values(passed_at=now))


async def all_passes_are_gone(tx: Tx) -> None:
    """The cache was emptied."""
    await tx.conn.execute(update(api_key).where(api_key.c.revoked_at.is_(None)).values(passed_at=None))


async def was_used(tx: Tx, key_id: UUID, used_at: datetime, from_sealed: bytes) -> None:
    """When it was used last, and from where."""
    mine = (api_key.c.key_id == key_id) & or_(api_key.c.used_at.is_(None), api_key.c.used_at < used_at)
    values = {"used_at": used_at, "used_from_sealed": from_sealed}
    await tx.conn.execute(update(api_key).where(mine).values(values))


def _key(row: Any) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        user_id=row.user_id,
        name=row.name,
        public_key=row.public_key,
        scopes=frozenset(Scope(one) for one in row.scopes.split()),
        networks=tuple(row.networks.split()),
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
        used_from_sealed=row.used_from_sealed,
    )
