"""Every SQL statement of analytics. A sum grows by what a fact says, once each: the inbox sees to that."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from capitalino.kit.db import Tx
from capitalino.services.analytics.domain.movements import DayMove, Moved, Movement
from capitalino.services.analytics.domain.prices import Close, Pair
from capitalino.services.analytics.tables import close, day_move, investor, meta, movement, position

ADD_MOVES = text("""
with given as (
    select * from unnest(cast(:investors as uuid[]), cast(:assets as text[]), cast(:units as numeric[]),
                         cast(:flows as boolean[])) as g (investor_id, asset, units, is_flow)
), summed as (
    insert into analytics.position as p (investor_id, asset, units)
    select investor_id, asset, units from given
    on conflict (investor_id, asset) do update set units = p.units + excluded.units
)
insert into analytics.day_move as d (investor_id, asset, day, moved, flowed)
select investor_id, asset, cast(:day as date), units, case when is_flow then units else 0 end from given
on conflict (investor_id, asset, day) do update
   set moved = d.moved + excluded.moved, flowed = d.flowed + excluded.flowed
""")


async def add_moves(tx: Tx, day: date, moves: Sequence[tuple[Moved, bool]]) -> None:
    """Add what moved on a day; with each, whether it crossed our border."""
    rows = [(one.investor_id, code, units, flow) for one, flow in moves for code, units in one.units.items()]
    investors, assets, units, flows = (list(column) for column in zip(*rows, strict=True))
    values = {"investors": investors, "assets": assets, "units": units, "flows": flows, "day": day}
    await tx.conn.execute(ADD_MOVES, values)


async def book_movement(tx: Tx, one: Movement) -> None:
    """What the ledger says: when it counts; and what it was, unless payments have said that already."""
    row = _row(one) | {"is_booked": True, "is_told": False}
    made = upsert(movement).values(row)
    kept = {
        name: func.coalesce(getattr(movement.c, name), getattr(made.excluded, name))
        for name in ("from_asset", "from_units", "to_asset", "to_units", "fee_asset", "fee_units")
    }
    key = ["investor_id", "movement_id"]
    await tx.conn.execute(
        made.on_conflict_do_update(
            index_elements=key, set_=kept | {"at": made.excluded.at, "is_booked": True}
        )
    )


async def tell_movement(tx: Tx, one: Movement) -> None:
    """What payments say: what it was; and when, unless the ledger has said that already."""
    row = _row(one) | {"is_booked": False, "is_told": True}
    made = upsert(movement).values(row)
    told = {name: getattr(made.excluded, name) for name in row if name not in ("at", "is_booked")}
    at = text("case when analytics.movement.is_booked then analytics.movement.at else excluded.at end")
    key = ["investor_id", "movement_id"]
    await tx.conn.execute(made.on_conflict_do_update(index_elements=key, set_=told | {"at": at}))


def _row(one: Movement) -> dict[str, Any]:
    row: dict[str, Any] = {
        "investor_id": one.investor_id,
        "movement_id": one.movement_id,
        "kind": one.kind,
        "at": one.at,
    }
    for name, money in (("from", one.left), ("to", one.came), ("fee", one.fee)):
        row |= {f"{name}_asset": money and money[0], f"{name}_units": money and money[1]}
    return row


async def save_close(tx: Tx, one: Close, version: int) -> None:
    """Keep a day's close; an older version changes nothing."""
    base, quote = one.pair
    row = {"base": base, "quote": quote, "day": one.day, "rate": one.rate, "version": version}
    made = upsert(close).values(row)
    newer = {"rate": made.excluded.rate, "version": made.excluded.version}
    await tx.conn.execute(
        made.on_conflict_do_update(
            index_elements=["base", "quote", "day"],
            set_=newer,
            where=close.c.version <= made.excluded.version,
        )
    )


async def save_profile(tx: Tx, investor_id: UUID, base_asset: str, time_zone: str, version: int) -> None:
    """Keep how an investor wants values shown; an older version changes nothing."""
    row = {
        "investor_id": investor_id,
        "base_asset": base_asset,
        "time_zone": time_zone,
        "version": version,
    }
    made = upsert(investor).values(row)
    newer = {name: getattr(made.excluded, name) for name in ("base_asset", "time_zone", "version")}
    await tx.conn.execute(
        made.on_conflict_do_update(
            index_elements=["investor_id"], set_=newer, where=investor.c.version <= made.excluded.version
        )
    )


async def find_view(tx: Tx, investor_id: UUID) -> tuple[str, str] | None:
    """In which asset the investor's values are shown, and in which zone it is today."""
    query = select(investor.c.base_asset, investor.c.time_zone)
    row = (await tx.conn.execute(query.where(investor.c.investor_id == investor_id))).one_or_none()
    return (row.base_asset, row.time_zone) if row else None


async def list_positions(tx: Tx, investor_id: UUID) -> list[tuple[str, int]]:
    """What the investor has, by asset; nothing of what is empty."""
    query = select(position.c.asset, position.c.units).where(
        position.c.investor_id == investor_id, position.c.units != 0
    )
    rows = await tx.conn.execute(query.order_by(position.c.asset))
    return [(row.asset, int(row.units)) for row in rows]


async def list_moves(tx: Tx, investor_id: UUID) -> list[DayMove]:
    """All that moved, day by day."""
    query = select(day_move).where(day_move.c.investor_id == investor_id).order_by(day_move.c.day)
    return [
        DayMove(row.day, row.asset, int(row.moved), int(row.flowed)) for row in await tx.conn.execute(query)
    ]


def _speaks_of(assets: Sequence[str]) -> Any:
    return or_(close.c.base.in_(assets), close.c.quote.in_(assets))


async def list_closes(tx: Tx, assets: Sequence[str]) -> list[Close]:
    """Every close that speaks of one of the assets."""
    query = select(close).where(_speaks_of(assets))
    return [_close(row) for row in await tx.conn.execute(query)]


async def last_closes(tx: Tx, assets: Sequence[str]) -> dict[Pair, list[Close]]:
    """The last two closes of every pair that speaks of one of the assets, the newest first."""
    nth = func.row_number().over(partition_by=(close.c.base, close.c.quote), order_by=close.c.day.desc())
    ranked = select(close, nth.label("nth")).where(_speaks_of(assets)).subquery()
    query = select(ranked).where(ranked.c.nth <= 2).order_by(ranked.c.nth)
    found: dict[Pair, list[Close]] = {}
    for row in await tx.conn.execute(query):
        found.setdefault((row.base, row.quote), []).append(_close(row))
    return found


def _close(row: Any) -> Close:
    return Close((row.base, row.quote), row.day, Decimal(row.rate))


async def list_movements(
    tx: Tx, investor_id: UUID, *, before: tuple[datetime, UUID] | None, offset: int, limit: int
) -> list[Movement]:
    """The investor's movements, newest first."""
    query = select(movement).where(movement.c.investor_id == investor_id)
    if before is not None:
        query = query.where(tuple_(movement.c.at, movement.c.movement_id) < tuple_(*before))
    query = query.order_by(movement.c.at.desc(), movement.c.movement_id.desc()).offset(offset).limit(limit)
    return [_movement(row) for row in await tx.conn.execute(query)]


def _movement(row: Any) -> Movement:
    def money(asset: str | None, units: Decimal | None) -> tuple[str, int] | None:
        return None if asset is None or units is None else (asset, int(units))

    return Movement(
        row.movement_id,
        row.investor_id,
        row.kind,
        row.at,
        left=money(row.from_asset, row.from_units),
        came=money(row.to_asset, row.to_units),
        fee=money(row.fee_asset, row.fee_units),
    )


async def forget_all(tx: Tx) -> dict[str, int]:
    """Throw everything away and go back to the beginning of every source; how far each had been heard."""
    kit = tx.schema.kit
    # First the positions: their locks keep the feeds out until this is committed. Then what is parked, where
    # one that is just being tried again is waited for: what it writes must be there to be thrown away.
    heard = await tx.conn.execute(select(kit.inbox.c.source, kit.inbox.c.position).with_for_update())
    await tx.conn.execute(update(kit.inbox).values(position=0))
    for table in (kit.parked, *meta.sorted_tables):
        await tx.conn.execute(delete(table))
    return {row.source: row.position for row in heard}
