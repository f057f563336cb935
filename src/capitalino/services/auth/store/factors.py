"""Second factors, recovery codes, challenges and known devices, in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.db import Tx
from capitalino.services.auth.tables import challenge, device, recovery_code, totp


@dataclass(frozen=True, slots=True)
class Challenge:
    """The password was right; the second factor is asked for."""

    challenge_id: UUID
    user_id: UUID
    tries: int


async def has_second(tx: Tx, user_id: UUID) -> bool:
    """Whether it ever set up a second factor."""
    mine = (totp.c.user_id == user_id) & (totp.c.state == "confirmed")
    return bool((await tx.conn.execute(select(exists().where(mine)))).scalar())


async def put_pending(tx: Tx, user_id: UUID, secret_sealed: bytes, now: datetime) -> None:
    """A factor that waits for its first code."""
    values = {"user_id": user_id, "state": "pending", "secret_sealed": secret_sealed, "created_at": now}
    changed = {"secret_sealed": secret_sealed, "created_at": now}
    put = upsert(totp).values(values)
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["user_id", "state"], set_=changed))


async def secret(tx: Tx, user_id: UUID, state: str, *, lock: bool = False) -> bytes | None:
    """The sealed secret of the `pending` or the `confirmed` factor."""
    query = select(totp.c.secret_sealed).where(totp.c.user_id == user_id, totp.c.state == state)
    found: bytes | None = (await tx.conn.execute(query.with_for_update() if lock else query)).scalar()
    return found


async def confirm(tx: Tx, user_id: UUID, step: int, now: datetime) -> None:
    """The pending factor is the factor from now on; its first code is used."""
    mine = totp.c.user_id == user_id
    await tx.conn.execute(delete(totp).where(mine, totp.c.state == "confirmed"))
    values = {"state": "confirmed", "last_step": step, "confirmed_at": now}
    await tx.conn.execute(update(totp).where(mine, totp.c.state == "pending").values(values))


async def use_step(tx: Tx, user_id: UUID, step: int) -> bool:
    """Use a one-time code: each step once, and no earlier one afterwards. Of many at once, one is True."""
    unused = (totp.c.user_id == user_id) & (totp.c.state == "confirmed") & (totp.c.last_step < step)
    return (await tx.conn.execute(update(totp).where(unused).values(last_step=step))).rowcount == 1


async def replace_recovery_codes(tx: Tx, user_id: UUID, hashes: list[bytes], now: datetime) -> None:
    """New ones; the old ones are worth nothing any more."""
    await tx.conn.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    rows = [{"user_id": user_id, "code_hash": one, "created_at": now} for one in hashes]
    await tx.conn.execute(insert(recovery_code), rows)


async def recovery_codes_left(tx: Tx, user_id: UUID) -> tuple[int, datetime | None]:
    """How many are unused, and when they were made."""
    table = recovery_code.c
    made_at = func.max(table.created_at)
    query = select(func.count().filter(table.used_at.is_(None)), made_at).where(table.user_id == user_id)
    left, at = (await tx.conn.execute(query)).one()
    return int(left), at


async def use_recovery_code(tx: Tx, user_id: UUID, code_hash: bytes, now: datetime) -> bool:
    """Use a recovery code, once."""
    table = recovery_code.c
    unused = (table.user_id == user_id) & (table.code_hash == code_hash) & table.used_at.is_(None)
    return (await tx.conn.execute(update(recovery_code).where(unused).values(used_at=now))).rowcount == 1


async def add_challenge(
    tx: Tx, made: Challenge, secret_hash: bytes, now: datetime, expires_at: datetime
) -> None:
    """Ask for the second factor; challenges of earlier sign-ins go on until they end."""
    values = {"challenge_id": made.challenge_id, "user_id": made.user_id, "secret_hash": secret_hash}
    await tx.conn.execute(insert(challenge).values(values | {"created_at": now, "expires_at": expires_at}))


async def open_challenge(tx: Tx, secret_hash: bytes, now: datetime, tries_max: int) -> Challenge | None:
    """The challenge while it can still be answered; no try is counted."""
    table = challenge.c
    good = (table.secret_hash == secret_hash) & table.used_at.is_(None) & (table.expires_at > now)
    row = (await tx.conn.execute(select(challenge).where(good & (table.tries < tries_max)))).one_or_none()
    return Challenge(row.challenge_id, row.user_id, row.tries) if row else None


async def try_challenge(tx: Tx, secret_hash: bytes, now: datetime, tries_max: int) -> Challenge | None:
    """Count a try; None when it is used, over, unknown, or was tried too often."""
    table = challenge.c
    good = (table.secret_hash == secret_hash) & table.used_at.is_(None) & (table.expires_at > now)
    tried = update(challenge).where(good & (table.tries < tries_max)).values(tries=table.tries + 1)
    row = (await tx.conn.execute(tried.returning(challenge))).one_or_none()
    return Challenge(row.challenge_id, row.user_id, row.tries) if row else None


async def use_challenge(tx: Tx, challenge_id: UUID, now: datetime) -> bool:
    """Use it up. Of many at once, one is True."""
    unused = (challenge.c.challenge_id == challenge_id) & challenge.c.used_at.is_(None)
    return (await tx.conn.execute(update(challenge).where(unused).values(used_at=now))).rowcount == 1


async def drop_challenges(tx: Tx, user_id: UUID) -> None:
    """A barred login's open challenges end with it."""
    await tx.conn.execute(delete(challenge).where(challenge.c.user_id == user_id))


async def forget_challenges(tx: Tx, before: datetime) -> int:
    """Delete what ended before; how many."""
    return (await tx.conn.execute(delete(challenge).where(challenge.c.expires_at < before))).rowcount


async def knows_device(tx: Tx, user_id: UUID, secret_hash: bytes) -> bool:
    """Whether this login signed in on this device before."""
    mine = (device.c.user_id == user_id) & (device.c.secret_hash == secret_hash)
    return bool((await tx.conn.execute(select(exists().where(mine)))).scalar())


async def touch_device(tx: Tx, user_id: UUID, secret_hash: bytes, now: datetime) -> UUID | None:
    """The id of a known device, seen just now; None for an unknown one."""
    mine = (device.c.user_id == user_id) & (device.c.secret_hash == secret_hash)
    seen = update(device).where(mine).values(last_seen_at=now).returning(device.c.device_id)
    found: UUID | None = (await tx.conn.execute(seen)).scalar()
    return found


async def has_devices(tx: Tx, user_id: UUID) -> bool:
    """Whether it ever signed in anywhere."""
    return bool((await tx.conn.execute(select(exists().where(device.c.user_id == user_id)))).scalar())


async def add_device(tx: Tx, device_id: UUID, user_id: UUID, secret_hash: bytes, now: datetime) -> None:
    """From now on it is known."""
    values = {"device_id": device_id, "user_id": user_id, "secret_hash": secret_hash}
    await tx.conn.execute(insert(device).values(values | {"first_seen_at": now, "last_seen_at": now}))


async def forget_devices(tx: Tx, before: datetime) -> int:
    """Delete what was not seen since; how many."""
    return (await tx.conn.execute(delete(device).where(device.c.last_seen_at < before))).rowcount
