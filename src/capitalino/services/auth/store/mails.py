"""Mails that are to be sent, in PostgreSQL. What they say is sealed, and erased once they are gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from capitalino.kit.db import Tx
from capitalino.services.auth.domain.mails import MailKind
from capitalino.services.auth.tables import mail


@dataclass(frozen=True, slots=True)
class Pending:
    """A mail that waits."""

    mail_id: UUID
    kind: MailKind
    language: str
    sealed: bytes
    tries: int


async def add(tx: Tx, waiting: Pending, now: datetime) -> None:
    """The intention."""
    values = {
        "mail_id": waiting.mail_id,
        "kind": waiting.kind,
        "language": waiting.language,
        "sealed": waiting.sealed,
        "state": "pending",
        "next_try_at": now,
        "created_at": now,
    }
    await tx.conn.execute(insert(mail).values(values))


async def add_unsent(tx: Tx, mail_id: UUID, kind: MailKind, language: str, now: datetime) -> None:
    """A mail that nobody gets: written down where another would be, so that both take the same time."""
    values = {"mail_id": mail_id, "kind": kind, "language": language, "state": "given_up"}
    times = {"next_try_at": now, "created_at": now, "closed_at": now}
    await tx.conn.execute(insert(mail).values(values | times))


async def claim(tx: Tx, now: datetime, next_try_at: datetime, limit: int) -> list[Pending]:
    """Mails that are due; nobody else gets them before `next_try_at`, nor after a crash later than that."""
    due = (mail.c.state == "pending") & (mail.c.next_try_at <= now)
    free = select(mail.c.mail_id).where(due).order_by(mail.c.next_try_at).limit(limit)
    mine = mail.c.mail_id.in_(free.with_for_update(skip_locked=True))
    taken = update(mail).where(mine).values(next_try_at=next_try_at, tries=mail.c.tries + 1).returning(mail)
    rows = await tx.conn.execute(taken)
    return [Pending(row.mail_id, MailKind(row.kind), row.language, row.sealed, row.tries) for row in rows]


async def close(tx: Tx, mail_id: UUID, state: Literal["sent", "given_up"], now: datetime) -> None:
    """The outcome. The words are erased: there was a link in them."""
    done = update(mail).where(mail.c.mail_id == mail_id).values(state=state, sealed=None, closed_at=now)
    await tx.conn.execute(done)


async def later(tx: Tx, mail_id: UUID, next_try_at: datetime) -> None:
    """It could not be sent now."""
    await tx.conn.execute(update(mail).where(mail.c.mail_id == mail_id).values(next_try_at=next_try_at))


async def forget(tx: Tx, before: datetime) -> int:
    """Delete what was closed before; how many."""
    return (await tx.conn.execute(delete(mail).where(mail.c.closed_at < before))).rowcount
