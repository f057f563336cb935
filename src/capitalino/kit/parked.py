"""Parked events: seen, tried again, one by one, when what stood in their way is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from nats.aio.msg import Msg
from sqlalchemy import String, cast, delete, insert, select

from capitalino.kit.consumer import Consumer
from capitalino.kit.db import Database, Tx

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parked:
    """One event that could not be handled."""

    event_id: UUID
    source: str
    position: int
    subject: str
    error: str


async def park(tx: Tx, source: str, message: Msg, error: str, tries: int) -> None:
    """Put an event aside, with why."""
    headers = message.headers or {}
    row = {
        "source": source,
        "position": int(headers["position"]),
        "event_id": headers["event-id"],
        "subject": message.subject.removeprefix("fact."),
        "payload": message.data.decode(),
        "error": error[:2000],
        "tries": tries,
    }
    await tx.conn.execute(insert(tx.schema.kit.parked).values(row))


async def list_parked(db: Database, limit: int = 200) -> list[Parked]:
    """The oldest first."""
    parked = db.schema.kit.parked.c
    wanted = select(parked.event_id, parked.source, parked.position, parked.subject, parked.error)
    query = wanted.order_by(parked.source, parked.position).limit(limit)
    async with db.read() as tx:
        return [Parked(*row) for row in await tx.conn.execute(query)]


async def retry_parked(
    db: Database, consumers: Sequence[Consumer[Any]], event_id: str | None = None
) -> tuple[int, int]:
    """Handle parked events again, each in a transaction of its own: how many went through, how many stay."""
    through = stay = 0
    for one in await list_parked(db, limit=10_000):
        if event_id in (None, str(one.event_id)):
            try:
                await _retry(db, one, {consumer.event.subject: consumer for consumer in consumers})
                through += 1
            except Exception:
                log.exception("event.still_fails", event_id=str(one.event_id))
                stay += 1
    return through, stay


async def _retry(db: Database, one: Parked, by_subject: dict[str, Consumer[Any]]) -> None:
    parked = db.schema.kit.parked
    mine = (parked.c.source == one.source) & (parked.c.position == one.position)
    async with db.begin() as tx:
        query = select(cast(parked.c.payload, String)).where(mine).with_for_update()
        payload = (await tx.conn.execute(query)).scalar_one_or_none()
        if payload is not None:
            consumer = by_subject[one.subject]
            await consumer.handle(tx, consumer.event.model_validate_json(payload))
            await tx.conn.execute(delete(parked).where(mine))
