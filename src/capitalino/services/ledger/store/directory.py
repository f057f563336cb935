"""Finding accounts: lists, one with its changes, balances at a time; the books that there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, text, tuple_

from capitalino.kit.db import Tx
from capitalino.services.ledger.domain import Standing
from capitalino.services.ledger.store.records import AccountChange, AccountFilter, AccountRecord, BookRecord
from capitalino.services.ledger.tables.accounts import account, account_change, book

COUNT_MAX = 10_000
AT = text("""
select a.address, a.asset, case when :effective then b.effective else b.recorded end as posted,
       coalesce(l.held_out, 0) as held_out, coalesce(l.held_in, 0) as held_in, v.version
  from ledger.account a
 cross join lateral ledger.version_at(a.account_id, :at) v(version)
 cross join lateral ledger.balance_at(a.account_id, :at) b
  left join ledger.line l on l.account_id = a.account_id and l.version = v.version
 where a.address = :address
 order by a.asset""")
"""What was set aside is always as recorded: a hold counts from when it was written down."""


def below(prefix: str) -> ColumnElement[bool]:
    """In the order of bytes, all that begins with it lies before the prefix with its last byte raised."""
    return and_(account.c.address >= prefix, account.c.address < prefix[:-1] + chr(ord(prefix[-1]) + 1))


async def page(
    tx: Tx, only: AccountFilter, *, after: int | None, offset: int, limit: int
) -> list[AccountRecord]:
    """Accounts in the order in which they were opened."""
    wanted = _selected().where(*_wanted(only), *(() if after is None else (account.c.account_id > after,)))
    rows = await tx.conn.execute(wanted.order_by(account.c.account_id).offset(offset).limit(limit))
    return [_record(row) for row in rows]


async def count(tx: Tx, only: AccountFilter) -> int:
    """How many there are; counting stops at 10,000."""
    some = select(account.c.account_id).where(*_wanted(only)).limit(COUNT_MAX)
    found: int = (await tx.conn.execute(select(func.count()).select_from(some.subquery()))).scalar_one()
    return found


async def find(tx: Tx, address: str, asset: str) -> AccountRecord | None:
    """One account."""
    wanted = _selected().where(account.c.address == address, account.c.asset == asset)
    row = (await tx.conn.execute(wanted)).one_or_none()
    return None if row is None else _record(row)


async def changes(
    tx: Tx, account_id: int, *, before: tuple[datetime, UUID] | None, offset: int, limit: int
) -> list[AccountChange]:
    """What was changed of an account's state and bounds, the newest first."""
    kept = account_change.c
    wanted = select(
        kept.change_id, kept.changed_at, kept.state, kept.floor, kept.ceiling, kept.changed_by, kept.reason
    ).where(kept.account_id == account_id)
    if before is not None:
        wanted = wanted.where(tuple_(kept.changed_at, kept.change_id) < before)
    order = (kept.changed_at.desc(), kept.change_id.desc())
    rows = await tx.conn.execute(wanted.order_by(*order).offset(offset).limit(limit))
    return [AccountChange(*row[:3], _units(row[3]), _units(row[4]), *row[5:]) for row in rows]


async def count_changes(tx: Tx, account_id: int) -> int:
    """How often its state or bounds were changed: the version that two people may edit."""
    wanted = select(func.count()).where(account_change.c.account_id == account_id)
    found: int = (await tx.conn.execute(wanted)).scalar_one()
    return found


async def balances_at(tx: Tx, address: str, at: datetime, *, effective: bool) -> list[Standing]:
    """The accounts of an address as they stood; empty when it was never opened."""
    rows = await tx.conn.execute(AT, {"address": address, "at": at, "effective": effective})
    return [
        Standing(row.address, row.asset, int(row.posted), int(row.held_out), int(row.held_in), row.version)
        for row in rows
    ]


async def books(tx: Tx) -> Sequence[BookRecord]:
    """All books."""
    rows = await tx.conn.execute(select(book.c.book, book.c.name, book.c.closed_until).order_by(book.c.book))
    return [BookRecord(*row) for row in rows]


def _selected() -> Select[Any]:
    names = [name if name != "bits" else "state" for name in AccountRecord._fields]
    return select(*(account.c[name] for name in names))


def _wanted(only: AccountFilter) -> list[ColumnElement[bool]]:
    found = [] if only.prefix is None else [below(only.prefix)]
    if only.asset is not None:
        found.append(account.c.asset == only.asset)
    if only.book is not None:
        found.append(account.c.book == only.book)
    return found


def _record(row: Row[Any]) -> AccountRecord:
    return AccountRecord(*row[:7], *map(_units, row[7:13]), *row[13:])


def _units(value: Any) -> Any:
    return None if value is None else int(value)
