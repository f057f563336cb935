"""Lines: statements, and balances at a time."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, text

from capitalino.kit.db import Tx
from capitalino.services.ledger.domain import StatementFilter, StatementLine
from capitalino.services.ledger.tables.accounts import account
from capitalino.services.ledger.tables.entries import entry, line

COUNT_MAX = 10_000
BALANCE_AT = text("""
select (ledger.balance_at(account_id, :at)).* from ledger.account
 where address = :address and asset = :asset""")


async def statement(
    tx: Tx, address: str, code: str, *, only: StatementFilter, before: int | None, offset: int, limit: int
) -> list[StatementLine]:
    """Movements of one account, newest first; those in which only a hold changed are left out."""
    rows = await tx.conn.execute(
        select(line.c.version, line.c.units, line.c.posted, line.c.recorded_at, line.c.effective_at)
        .add_columns(entry.c.entry_id, entry.c.kind, entry.c.code, entry.c.refers_to, entry.c.metadata)
        .join_from(line, entry, entry.c.entry_id == line.c.entry_id)
        .where(*_wanted(address, code, only), *(() if before is None else (line.c.version < before,)))
        .order_by(line.c.version.desc())
        .offset(offset)
        .limit(limit)
    )
    return [_line(row) for row in rows]


async def count(tx: Tx, address: str, code: str, only: StatementFilter) -> int:
    """How many movements there are; counting stops at 10,000."""
    some = (
        select(line.c.version)
        .join_from(line, entry, entry.c.entry_id == line.c.entry_id)
        .where(*_wanted(address, code, only))
        .limit(COUNT_MAX)
    )
    found: int = (await tx.conn.execute(select(func.count()).select_from(some.subquery()))).scalar_one()
    return found


async def balance_at(tx: Tx, address: str, code: str, at: datetime) -> tuple[int, int] | None:
    """The posted balance, as recorded by then and as in effect then; None when there is no such account."""
    values = {"address": address, "asset": code, "at": at}
    row = (await tx.conn.execute(BALANCE_AT, values)).one_or_none()
    return None if row is None else (int(row.recorded), int(row.effective))


def _wanted(address: str, code: str, only: StatementFilter) -> list[ColumnElement[bool]]:
    found = [line.c.account_id == _account_id(address, code), line.c.units != 0]
    if only.since:
        found.append(line.c.recorded_at >= only.since)
    if only.until:
        found.append(line.c.recorded_at < only.until)
    if only.codes:
        found.append(entry.c.code.in_(only.codes))
    if only.direction == "in":
        found.append(line.c.units > 0)
    if only.direction == "out":
        found.append(line.c.units < 0)
    return found


def _account_id(address: str, code: str) -> Any:
    return (
        select(account.c.account_id)
        .where(account.c.address == address, account.c.asset == code)
        .scalar_subquery()
    )


def _line(row: Row[Any]) -> StatementLine:
    return StatementLine(
        entry_id=row.entry_id,
        kind=row.kind,
        code=row.code,
        refers_to=row.refers_to,
        version=row.version,
        units=int(row.units),
        posted=int(row.posted),
        recorded_at=row.recorded_at,
        effective_at=row.effective_at or row.recorded_at,
        metadata=row.metadata or {},
    )
