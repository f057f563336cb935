"""Every SQL statement of users."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.db import Tx
from capitalino.services.users.domain import Profile
from capitalino.services.users.tables import account_opening, person_key, profile

PLAIN = ("user_id", "investor_id", "language", "base_asset", "time_zone", "calendar", "digits", "version")


@dataclass(frozen=True, slots=True)
class Stored:
    """A profile as it lies there: the name sealed, and the sealed key that opens it."""

    profile: Profile
    name_sealed: bytes | None
    key_sealed: bytes | None


@dataclass(frozen=True, slots=True)
class Opening:
    """An account that the ledger is to open."""

    investor_id: UUID
    asset: str


async def add(tx: Tx, made: Profile, now: datetime) -> bool:
    """Add a profile; False when the login or the investor has one."""
    values = {name: getattr(made, name) for name in PLAIN} | {"created_at": now, "changed_at": now}
    done = await tx.conn.execute(upsert(profile).values(values).on_conflict_do_nothing())
    return done.rowcount == 1


async def get(tx: Tx, user_id: UUID, *, lock: bool = False) -> Stored | None:
    """The profile of a login."""
    query = select(profile, person_key.c.sealed).outerjoin(person_key).where(profile.c.user_id == user_id)
    row = (await tx.conn.execute(query.with_for_update(of=profile) if lock else query)).one_or_none()
    if row is None:
        return None
    found = Profile(**{name: getattr(row, name) for name in PLAIN})
    return Stored(found, row.display_name_sealed, row.sealed)


async def save(tx: Tx, kept: Profile, name_sealed: bytes | None, now: datetime) -> None:
    """Keep the changed profile."""
    values: dict[str, Any] = {name: getattr(kept, name) for name in PLAIN}
    values |= {"display_name_sealed": name_sealed, "changed_at": now}
    await tx.conn.execute(update(profile).where(profile.c.user_id == kept.user_id).values(values))


async def add_key(tx: Tx, user_id: UUID, sealed: bytes, now: datetime) -> None:
    """The person's own key."""
    await tx.conn.execute(insert(person_key).values(user_id=user_id, sealed=sealed, created_at=now))


async def wish(tx: Tx, wanted: Opening, now: datetime, next_try_at: datetime) -> bool:
    """Write down that an account is to be opened; whether it still is."""
    key = {"investor_id": wanted.investor_id, "asset": wanted.asset}
    values = key | {"state": "pending", "created_at": now, "next_try_at": next_try_at}
    await tx.conn.execute(upsert(account_opening).values(values).on_conflict_do_nothing())
    query = select(account_opening.c.state).filter_by(**key)
    state: str = (await tx.conn.execute(query)).scalar_one()
    return state == "pending"


async def opened(tx: Tx, done: Opening, now: datetime) -> None:
    """The account is open."""
    table = account_opening.c
    mine = (table.investor_id == done.investor_id) & (table.asset == done.asset) & (table.state == "pending")
    await tx.conn.execute(update(account_opening).where(mine).values(state="open", opened_at=now))


async def claim(tx: Tx, now: datetime, next_try_at: datetime, limit: int) -> list[Opening]:
    """Accounts that are still to be opened; nobody else gets them before `next_try_at`."""
    table = account_opening.c
    due = (table.state == "pending") & (table.next_try_at <= now)
    query = select(table.investor_id, table.asset).where(due).order_by(table.next_try_at).limit(limit)
    found = [
        Opening(row.investor_id, row.asset)
        for row in await tx.conn.execute(query.with_for_update(skip_locked=True))
    ]
    for one in found:
        mine = (table.investor_id == one.investor_id) & (table.asset == one.asset)
        await tx.conn.execute(update(account_opening).where(mine).values(next_try_at=next_try_at))
    return found
