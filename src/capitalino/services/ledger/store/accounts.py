"""Opening accounts and reading them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, literal_column, or_, select, text

from capitalino.kit.db import Tx
from capitalino.money import Asset
from capitalino.services.ledger.domain import Opened, Opening, Standing, StatementLine, Total
from capitalino.services.ledger.tables import account, asset, entry, line

COUNT_MAX = 10_000
OPEN = text("""
select * from ledger.open_accounts(
    cast(:addresses as text[]), cast(:assets as text[]), cast(:books as text[]), cast(:normals as smallint[]),
    cast(cast(:floors as text[]) as numeric[]), cast(cast(:ceilings as text[]) as numeric[]),
    cast(:shard as smallint))""")
POSTED = account.c.credits_posted - account.c.debits_posted


async def open_accounts(tx: Tx, openings: Sequence[Opening], shard: int = 0) -> Opened:
    """Open those that are not there; the caller rolls back when one cannot be."""
    values = {
        "addresses": [one.address for one in openings],
        "assets": [one.asset for one in openings],
        "books": [one.book for one in openings],
        "normals": [one.normal for one in openings],
        "floors": [None if one.floor is None else str(one.floor) for one in openings],
        "ceilings": [None if one.ceiling is None else str(one.ceiling) for one in openings],
        "shard": shard,
    }
    row = (await tx.conn.execute(OPEN, values)).one()
    return Opened(row.opened or 0, _from_nought(row.asset_unknown), _from_nought(row.differs))


async def read_balances(
    tx: Tx, prefix: str | None, addresses: Sequence[str]
) -> tuple[list[Standing], datetime]:
    """The accounts below a prefix and at these addresses, and the instant of reading."""
    wanted: list[ColumnElement[bool]] = [account.c.address.in_(addresses)] if addresses else []
    if prefix:
        # In the order of bytes, all that begins with it lies before the prefix with its last byte raised.
        wanted.append(
            and_(account.c.address >= prefix, account.c.address < prefix[:-1] + chr(ord(prefix[-1]) + 1))
        )
    found = []
    if wanted:
        rows = await tx.conn.execute(
            select(
                account.c.address,
                account.c.asset,
                POSTED,
                account.c.debits_pending,
                account.c.credits_pending,
                account.c.version,
            )
            .where(or_(*wanted))
            .order_by(account.c.address, account.c.asset)
        )
        found = [Standing(row[0], row[1], int(row[2]), int(row[3]), int(row[4]), row[5]) for row in rows]
    at: datetime = (await tx.conn.execute(select(func.clock_timestamp()))).scalar_one()
    return found, at


async def statement(
    tx: Tx, address: str, code: str, *, before: int | None, offset: int, limit: int
) -> list[StatementLine]:
    """Movements of one account, newest first; those in which only a hold changed are left out."""
    rows = await tx.conn.execute(
        select(
            line.c.version,
            line.c.units,
            line.c.posted,
            line.c.recorded_at,
            line.c.effective_at,
            entry.c.entry_id,
        )
        .add_columns(entry.c.kind, entry.c.code, entry.c.metadata)
        .join_from(line, entry, entry.c.entry_id == line.c.entry_id)
        .where(line.c.account_id == _account_id(address, code), line.c.units != 0)
        .where(*(() if before is None else (line.c.version < before,)))
        .order_by(line.c.version.desc())
        .offset(offset)
        .limit(limit)
    )
    return [_line(row) for row in rows]


async def count_lines(tx: Tx, address: str, code: str) -> int:
    """How many movements the account has; counting stops at 10,000."""
    some = select(line.c.version).where(line.c.account_id == _account_id(address, code), line.c.units != 0)
    found: int = (
        await tx.conn.execute(select(func.count()).select_from(some.limit(COUNT_MAX).subquery()))
    ).scalar_one()
    return found


async def assets(tx: Tx) -> dict[str, Asset]:
    """What the book keeps."""
    rows = await tx.conn.execute(select(asset.c.asset, asset.c.scale, asset.c.kind))
    return {row[0]: Asset(row[0], row[1], row[2]) for row in rows}


async def trial_balance(tx: Tx) -> list[Total]:
    """All accounts, summed by book, asset and the first word of their address."""
    root = func.split_part(account.c.address, ":", 1)
    rows = await tx.conn.execute(
        select(account.c.book, account.c.asset, root, func.count())
        .add_columns(
            func.sum(account.c.debits_posted),
            func.sum(account.c.credits_posted),
            func.sum(account.c.debits_pending),
        )
        .group_by(literal_column("1"), literal_column("2"), literal_column("3"))
        .order_by(literal_column("1"), literal_column("2"), literal_column("3"))
    )
    return [Total(*row[:4], *map(int, row[4:])) for row in rows]


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
        version=row.version,
        units=int(row.units),
        posted=int(row.posted),
        recorded_at=row.recorded_at,
        effective_at=row.effective_at or row.recorded_at,
        metadata=row.metadata or {},
    )


def _from_nought(place: int | None) -> int | None:
    return None if place is None else place - 1
