"""Every SQL statement of notifications."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric, func, insert, literal, select, text, union_all, update
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.db import Tx
from capitalino.money import Money, asset
from capitalino.services.notifications.domain import Balance, Message, Notification
from capitalino.services.notifications.tables import balance, message, notification, sequence

# One statement for all balances of an entry. An older version than the one that stands changes nothing and
# takes no number. The sequence's row stays locked until the commit: numbers become visible in their order.
SAVE_BALANCES = text("""
with given as (
    select * from unnest(
        cast(:investors as uuid[]), cast(:assets as text[]), cast(:posted as numeric[]),
        cast(:held_out as numeric[]), cast(:held_in as numeric[]), cast(:versions as bigint[]),
        cast(:ats as timestamptz[])
    ) as g (investor_id, asset, posted, held_out, held_in, version, at)
), newer as (
    select g.*, row_number() over of_one as n, count(*) over (partition by g.investor_id) as total
      from given g left join notifications.balance b using (investor_id, asset)
     where b.version is null or b.version < g.version
    window of_one as (partition by g.investor_id order by g.asset)
), counted as (
    insert into notifications.sequence as s (investor_id, last)
    select distinct investor_id, total from newer order by investor_id
    on conflict (investor_id) do update set last = s.last + excluded.last
    returning s.investor_id, s.last
)
insert into notifications.balance (investor_id, asset, posted, held_out, held_in, version, number, at)
select n.investor_id, n.asset, n.posted, n.held_out, n.held_in, n.version, c.last - n.total + n.n, n.at
  from newer n join counted c using (investor_id)
on conflict (investor_id, asset) do update
   set posted = excluded.posted, held_out = excluded.held_out, held_in = excluded.held_in,
       version = excluded.version, number = excluded.number, at = excluded.at
""")


async def save_balances(tx: Tx, balances: Sequence[Balance]) -> None:
    """Keep what is newer than what stands; each change takes the owner's next number."""
    if not balances:
        return
    values = {
        "investors": [one.investor_id for one in balances],
        "assets": [one.asset for one in balances],
        "posted": [one.posted for one in balances],
        "held_out": [one.held_out for one in balances],
        "held_in": [one.held_in for one in balances],
        "versions": [one.version for one in balances],
        "ats": [one.at for one in balances],
    }
    await tx.conn.execute(SAVE_BALANCES, values)


async def next_number(tx: Tx, investor_id: UUID) -> int:
    """The investor's next number. Until the commit, nobody else gets one."""
    begun = upsert(sequence).values(investor_id=investor_id, last=1)
    grown = begun.on_conflict_do_update(index_elements=["investor_id"], set_={"last": sequence.c.last + 1})
    return int((await tx.conn.execute(grown.returning(sequence.c.last))).scalar_one())


async def add_message(tx: Tx, investor_id: UUID, one: Message) -> None:
    """Keep what is pushed, for those who come back after a break."""
    row = {
        "investor_id": investor_id,
        "number": one.number,
        "type": one.type,
        "data": one.data,
        "at": one.at,
    }
    await tx.conn.execute(insert(message).values(row))


async def add_notification(tx: Tx, investor_id: UUID, one: Notification) -> None:
    """Put it into the investor's inbox."""
    row = {
        "notification_id": one.notification_id,
        "investor_id": investor_id,
        "number": one.number,
        "code": one.code,
        "params": one.params,
        "at": one.at,
    }
    await tx.conn.execute(insert(notification).values(row))


async def last_number(tx: Tx, investor_id: UUID) -> int:
    """The number of what this investor was told last; 0 before anything."""
    query = select(sequence.c.last).where(sequence.c.investor_id == investor_id)
    return (await tx.conn.execute(query)).scalar() or 0


async def last_numbers(tx: Tx, investors: Iterable[UUID]) -> dict[UUID, int]:
    """The same for many."""
    query = select(sequence.c.investor_id, sequence.c.last).where(
        sequence.c.investor_id == func.any(list(investors))
    )
    return {row.investor_id: row.last for row in await tx.conn.execute(query)}


async def read_messages(tx: Tx, investor_id: UUID, after: int, last: int, limit: int) -> list[Message]:
    """What was pushed behind `after`, up to `last`, oldest first; of balances only how they stand."""
    messages = select(
        message.c.number,
        message.c.type,
        message.c.at,
        message.c.data,
        literal(None).label("asset"),
        *(literal(None, Numeric).label(name) for name in ("posted", "held_out", "version")),
    ).where(message.c.investor_id == investor_id, message.c.number > after, message.c.number <= last)
    balances = select(
        balance.c.number,
        literal("balance"),
        balance.c.at,
        literal(None, message.c.data.type),
        balance.c.asset,
        balance.c.posted,
        balance.c.held_out,
        balance.c.version,
    ).where(balance.c.investor_id == investor_id, balance.c.number > after, balance.c.number <= last)
    both = union_all(messages, balances).order_by("number").limit(limit)
    return [
        Message(row.number, row.type, row.at, row.data if row.type != "balance" else _balance_data(row))
        for row in await tx.conn.execute(both)
    ]


def _balance_data(row: Any) -> dict[str, Any]:
    def amount(units: Any) -> str:
        return Money(int(units), asset(row.asset)).amount

    return {
        "asset": row.asset,
        "posted": amount(row.posted),
        "available": amount(row.posted - row.held_out),
        "held": amount(row.held_out),
        "version": int(row.version),
    }


async def list_notifications(
    tx: Tx, investor_id: UUID, *, before: int | None, offset: int, limit: int
) -> list[Notification]:
    """The investor's inbox, newest first."""
    query = select(notification).where(notification.c.investor_id == investor_id)
    if before is not None:
        query = query.where(notification.c.number < before)
    query = query.order_by(notification.c.number.desc()).offset(offset).limit(limit)
    return [_notification(row) for row in await tx.conn.execute(query)]


async def mark_read(tx: Tx, investor_id: UUID, notification_id: UUID, now: datetime) -> Notification | None:
    """Note that it was read; the first time counts. None when there is none of that id for this investor."""
    query = (
        update(notification)
        .where(notification.c.notification_id == notification_id, notification.c.investor_id == investor_id)
        .values(read_at=func.coalesce(notification.c.read_at, now))
        .returning(notification)
    )
    row = (await tx.conn.execute(query)).one_or_none()
    return _notification(row) if row else None


def _notification(row: Any) -> Notification:
    return Notification(row.notification_id, row.number, row.code, row.params, row.at, row.read_at)
