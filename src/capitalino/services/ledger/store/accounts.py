"""Opening accounts and reading them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, text

from capitalino.kit.db import Tx
from capitalino.money import Asset
from capitalino.services.ledger.domain import Amendment, Opened, Opening, Standing, Total, Verdict
from capitalino.services.ledger.tables.accounts import account, asset

OPEN = text("""
select * from ledger.open_accounts(
    cast(:addresses as text[]), cast(:assets as text[]), cast(:books as text[]), cast(:normals as smallint[]),
    cast(cast(:floors as text[]) as numeric[]), cast(cast(:ceilings as text[]) as numeric[]),
    cast(:shard as smallint))""")
AMEND = text("""
select ledger.amend_account(
    cast(:change as uuid), cast(:print as uuid), :address, cast(:asset as text),
    cast(:set as smallint), cast(:clear as smallint),
    cast(cast(:floor as text) as numeric), cast(:drop_floor as boolean),
    cast(cast(:ceiling as text) as numeric), cast(:drop_ceiling as boolean), :by, :reason)""")
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
    return Opened(
        row.opened or 0,
        _from_nought(row.book_unknown),
        _from_nought(row.asset_unknown),
        _from_nought(row.differs),
    )


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


async def version(tx: Tx, address: str, code: str) -> int | None:
    """How often the account has changed; None when there is no such account."""
    wanted = select(account.c.version).where(account.c.address == address, account.c.asset == code)
    found: int | None = (await tx.conn.execute(wanted)).scalar_one_or_none()
    return found


async def amend(tx: Tx, amendment: Amendment) -> Verdict:
    """Change an account's state or bounds; the caller rolls back what is refused."""
    floor, ceiling = amendment.floor, amendment.ceiling
    values = {
        "change": amendment.change_id,
        "print": amendment.fingerprint,
        "address": amendment.address,
        "asset": amendment.asset,
        "set": amendment.set_bits,
        "clear": amendment.clear_bits,
        "floor": str(floor) if isinstance(floor, int) else None,
        "drop_floor": floor == "none",
        "ceiling": str(ceiling) if isinstance(ceiling, int) else None,
        "drop_ceiling": ceiling == "none",
        "by": amendment.by,
        "reason": amendment.reason,
    }
    return Verdict((await tx.conn.execute(AMEND, values)).scalar_one())


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


def _from_nought(place: int | None) -> int | None:
    return None if place is None else place - 1
