"""Tries that were made, counted in PostgreSQL: a restart forgives nobody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.db import Tx
from capitalino.services.auth.domain.delays import LONG_AGO, Factor, Tally
from capitalino.services.auth.tables import throttle


@dataclass(frozen=True, slots=True, order=True)
class Counter:
    """Where tries are counted: by factor, by login, and by where they come from (empty: anywhere)."""

    factor: Factor
    subject: bytes
    origin: bytes


async def locked(tx: Tx, counter: Counter, now: datetime) -> Tally:
    """The tries so far, with the row locked until the transaction ends."""
    fresh = {"failures": 0, "failed_at": now, "blocked_until": LONG_AGO}
    await tx.conn.execute(upsert(throttle).values(_key(counter) | fresh).on_conflict_do_nothing())
    row = (await tx.conn.execute(select(throttle).where(_is(counter)).with_for_update())).one()
    return Tally(row.failures, row.failed_at, row.blocked_until)


async def save(tx: Tx, counter: Counter, tally: Tally) -> None:
    """Write down the tries."""
    values = {
        "failures": tally.failures,
        "failed_at": tally.failed_at,
        "blocked_until": tally.blocked_until,
    }
    await tx.conn.execute(update(throttle).where(_is(counter)).values(values))


async def clear(tx: Tx, counter: Counter) -> None:
    """Somebody got in from there: forget the tries."""
    await tx.conn.execute(delete(throttle).where(_is(counter)))


async def take_back(tx: Tx, counter: Counter) -> None:
    """One try less: it was a good one."""
    values = {"failures": throttle.c.failures - 1, "blocked_until": LONG_AGO}
    await tx.conn.execute(update(throttle).where(_is(counter) & (throttle.c.failures > 0)).values(values))


async def forget(tx: Tx, before: datetime) -> int:
    """Delete what is long over; how many."""
    return (await tx.conn.execute(delete(throttle).where(throttle.c.failed_at < before))).rowcount


def _key(counter: Counter) -> dict[str, object]:
    return {"factor": counter.factor, "subject": counter.subject, "origin": counter.origin}


def _is(counter: Counter) -> ColumnElement[bool]:
    columns = throttle.c
    return (
        (columns.factor == counter.factor)
        & (columns.subject == counter.subject)
        & (columns.origin == counter.origin)
    )
