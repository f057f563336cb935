"""Logins and their roles in PostgreSQL."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.db import Tx
from capitalino.services.auth.domain.logins import Login, Role, Standing
from capitalino.services.auth.tables import login, role

Lock = Literal["none", "share", "update"]
"""`share` to issue something, `update` to change what is issued, or several sessions at once."""


async def add(tx: Tx, made: Login, email_index: bytes, now: datetime, try_at: datetime) -> bool:
    """Add a login, whose investor is opened from `try_at` on; False when the address has one already."""
    values = {
        "user_id": made.user_id,
        "investor_id": made.investor_id,
        "email_index": email_index,
        "email_sealed": made.email_sealed,
        "language": made.language,
        "password_hash": made.password_hash,
        "standing": made.standing,
        "created_at": now,
        "investor_try_at": try_at,
    }
    adding = upsert(login).values(values).on_conflict_do_nothing(index_elements=["email_index"])
    return (await tx.conn.execute(adding)).rowcount == 1


async def get(tx: Tx, user_id: UUID, *, lock: Lock = "none") -> Login | None:
    """One login. The order of locks is login, session, refresh: everywhere."""
    return await _one(tx, login.c.user_id == user_id, lock)


async def find(tx: Tx, email_index: bytes) -> Login | None:
    """The login of an address."""
    return await _one(tx, login.c.email_index == email_index, "none")


async def rehash(tx: Tx, user_id: UUID, old: str, new: str) -> None:
    """Keep the same password under a stronger hash, unless it was changed meanwhile."""
    mine = (login.c.user_id == user_id) & (login.c.password_hash == old)
    await tx.conn.execute(update(login).where(mine).values(password_hash=new))


async def set_password(tx: Tx, user_id: UUID, password_hash: str) -> None:
    """Another password."""
    mine = login.c.user_id == user_id
    await tx.conn.execute(update(login).where(mine).values(password_hash=password_hash))


async def stand(tx: Tx, user_id: UUID, standing: Standing) -> None:
    """Let it be used, or not."""
    await tx.conn.execute(update(login).where(login.c.user_id == user_id).values(standing=standing))


async def next_epoch(tx: Tx, user_id: UUID, now: datetime) -> int:
    """Kill every access token that is out there; the new epoch."""
    values: dict[str, Any] = {"epoch": login.c.epoch + 1, "epoch_at": now}
    moved = update(login).where(login.c.user_id == user_id).values(values).returning(login.c.epoch)
    return int((await tx.conn.execute(moved)).scalar_one())


async def epochs_since(tx: Tx, since: datetime) -> dict[UUID, int]:
    """The epochs that changed since then."""
    rows = await tx.conn.execute(select(login.c.user_id, login.c.epoch).where(login.c.epoch_at >= since))
    return {row.user_id: row.epoch for row in rows}


async def add_role(  # noqa: PLR0917  # what a role's row is made of
    tx: Tx, user_id: UUID, given: Role, by: str, now: datetime, ends_at: datetime | None = None
) -> bool:
    """Give a role, for good or until then; False when it was given for good before."""
    kept = {"given_at": now, "given_by": by, "ends_at": ends_at}
    giving = upsert(role).values({"user_id": user_id, "role": given} | kept)
    again = giving.on_conflict_do_update(
        index_elements=["user_id", "role"], set_=kept, where=role.c.ends_at.is_not(None)
    )
    done = await tx.conn.execute(again)
    return done.rowcount == 1


async def remove_role(tx: Tx, user_id: UUID, taken: Role) -> bool:
    """Take a role away; False when it was not there."""
    mine = (role.c.user_id == user_id) & (role.c.role == taken)
    return (await tx.conn.execute(delete(role).where(mine))).rowcount == 1


async def end_roles(tx: Tx, now: datetime) -> list[tuple[UUID, Role]]:
    """Take away the roles whose time is over; whose and which."""
    over = delete(role).where(role.c.ends_at <= now).returning(role.c.user_id, role.c.role)
    return [(row.user_id, Role(row.role)) for row in await tx.conn.execute(over)]


async def lock_admins(tx: Tx) -> None:
    """One at a time decides who is the first, until the transaction ends."""
    await tx.conn.execute(text("select pg_advisory_xact_lock(hashtextextended('auth.admins', 0))"))


async def with_role(tx: Tx, given: Role) -> list[Login]:
    """The active logins that have a role for good."""
    good = (role.c.role == given) & role.c.ends_at.is_(None) & (login.c.standing == Standing.ACTIVE)
    query = select(login).join_from(login, role).where(good).order_by(login.c.created_at)
    return [await _with_roles(tx, row) for row in await tx.conn.execute(query)]


async def staff(tx: Tx) -> list[tuple[Login, Role, datetime | None]]:
    """Everybody with a role beside the investor's, and until when they have it."""
    joined = select(login, role.c.role, role.c.ends_at).join_from(login, role)
    query = joined.where(role.c.role != Role.INVESTOR).order_by(login.c.created_at, role.c.role)
    return [(await _with_roles(tx, row), Role(row.role), row.ends_at) for row in await tx.conn.execute(query)]


async def after(tx: Tx, user_id: UUID, limit: int) -> list[UUID]:
    """The next logins by id, locked."""
    query = select(login.c.user_id).where(login.c.user_id > user_id).order_by(login.c.user_id).limit(limit)
    return list((await tx.conn.execute(query.with_for_update(key_share=True))).scalars())


async def claim_unopened(tx: Tx, now: datetime, next_try_at: datetime, limit: int) -> list[Login]:
    """Logins whose investor is still to be opened; nobody else gets them before `next_try_at`."""
    are_investors = login.c.user_id.in_(select(role.c.user_id).where(role.c.role == Role.INVESTOR))
    due = login.c.investor_opened_at.is_(None) & (login.c.investor_try_at <= now) & are_investors
    free = select(login.c.user_id).where(due).limit(limit).with_for_update(skip_locked=True)
    mine = update(login).where(login.c.user_id.in_(free)).values(investor_try_at=next_try_at)
    return [await _with_roles(tx, row) for row in await tx.conn.execute(mine.returning(login))]


async def investor_opened(tx: Tx, user_id: UUID, now: datetime) -> None:
    """The investor stands."""
    waiting = (login.c.user_id == user_id) & (login.c.investor_opened_at.is_(None))
    await tx.conn.execute(update(login).where(waiting).values(investor_opened_at=now))


async def _one(tx: Tx, which: Any, lock: Lock) -> Login | None:
    query = select(login).where(which)
    if lock != "none":
        query = query.with_for_update(read=lock == "share", key_share=lock == "update")
    row = (await tx.conn.execute(query)).one_or_none()
    return await _with_roles(tx, row) if row else None


async def _with_roles(tx: Tx, row: Any) -> Login:
    # A statement of its own: it sees what was committed while the first one waited for its lock.
    given = await tx.conn.execute(select(role.c.role).where(role.c.user_id == row.user_id))
    return Login(
        user_id=row.user_id,
        investor_id=row.investor_id,
        email_sealed=row.email_sealed,
        language=row.language,
        password_hash=row.password_hash,
        standing=Standing(row.standing),
        epoch=row.epoch,
        investor_opened_at=row.investor_opened_at,
        roles=frozenset(Role(one) for one in given.scalars()),
    )
