"""Deposit addresses, and what arrived at them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from capitalino.kit.db import Tx
from capitalino.kit.pages import Page
from capitalino.money import ASSETS, Money
from capitalino.services.payments.domain.payments import (
    BEFORE,
    HISTORY,
    Deposit,
    DepositAddress,
    State,
)
from capitalino.services.payments.domain.switches import ALL, Flow
from capitalino.services.payments.tables.payments import deposit, deposit_address, watermark
from capitalino.services.payments.tables.staff import closure

CLOCKS_APART = timedelta(hours=1)
"""The venue's clock may be behind ours when it notes what came to an address that was just given."""

IS_CLOSED = (
    select(closure)
    .where(
        closure.c.opened_at.is_(None),
        closure.c.flow.in_((ALL, Flow.CRYPTO_DEPOSIT)),
        closure.c.asset.in_((ALL, deposit.c.asset)),
        closure.c.venue.in_((ALL, deposit.c.venue)),
        deposit.c.venue != HISTORY,
    )
    .correlate(deposit)
    .exists()
)


async def add_address(tx: Tx, new: DepositAddress, venue: str) -> None:
    """Keep an address, unless the investor has one for the asset."""
    row = {
        "investor_id": new.investor_id,
        "asset": new.asset.code,
        "venue": venue,
        "network": new.network,
        "address": new.address,
        "tag": new.tag,
    }
    await tx.conn.execute(insert(deposit_address).values(row).on_conflict_do_nothing())


async def get_address(tx: Tx, investor_id: UUID, asset: str) -> DepositAddress | None:
    """Where this investor sends this asset."""
    mine = (deposit_address.c.investor_id == investor_id) & (deposit_address.c.asset == asset)
    row = (await tx.conn.execute(select(deposit_address).where(mine))).one_or_none()
    return (
        DepositAddress(row.investor_id, ASSETS[row.asset], row.network, row.address, row.tag) if row else None
    )


async def whose(tx: Tx, asset: str, tag: str | None) -> tuple[UUID, str] | None:
    """The investor of a tag, and on which network it was given; None for a tag not given for this asset."""
    mine = (deposit_address.c.tag == tag) & (deposit_address.c.asset == asset)
    query = select(deposit_address.c.investor_id, deposit_address.c.network).where(mine)
    row = (await tx.conn.execute(query)).one_or_none()
    return (row.investor_id, row.network) if row else None


async def add(tx: Tx, new: Deposit) -> bool:
    """Write a deposit that was seen; False when it is known."""
    row = {
        "deposit_id": new.deposit_id,
        "investor_id": new.investor_id,
        "asset": new.money.asset.code,
        "units": new.money.units,
        "state": new.state,
        "venue": new.venue,
        "reference": new.reference,
        "rail": new.rail,
        "effective_at": new.effective_at,
        "reason": new.reason,
        "seen_at": new.seen_at,
    }
    return (await tx.conn.execute(insert(deposit).values(row).on_conflict_do_nothing())).rowcount == 1


async def get(tx: Tx, deposit_id: UUID, *, lock: bool = False) -> Deposit | None:
    """One deposit."""
    query = select(deposit).where(deposit.c.deposit_id == deposit_id)
    row = (await tx.conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return _deposit(row) if row else None


async def pending(tx: Tx, limit: int) -> Sequence[Deposit]:
    """What was seen and is not on the books yet, but for what is closed: it waits, and holds nobody up."""
    query = select(deposit).where(deposit.c.state == State.PENDING, ~IS_CLOSED)
    query = query.order_by(deposit.c.position).limit(limit)
    return [_deposit(row) for row in await tx.conn.execute(query)]


async def has_address(tx: Tx, investor_id: UUID) -> bool:
    """Whether this investor was ever given an address."""
    mine = select(deposit_address).where(deposit_address.c.investor_id == investor_id)
    return bool((await tx.conn.execute(select(mine.exists()))).scalar_one())


async def attribute(tx: Tx, deposit_id: UUID, investor_id: UUID) -> None:
    """Write whose it is; only where nobody's was known."""
    nobodys = (deposit.c.deposit_id == deposit_id) & deposit.c.investor_id.is_(None)
    done = await tx.conn.execute(update(deposit).where(nobodys).values(investor_id=investor_id))
    assert done.rowcount == 1, "a deposit that has an investor keeps them"


async def listed_from(tx: Tx, venue: str) -> datetime | None:
    """From when on the venue's list has to be read; None before anything can have arrived for us."""
    mark = select(watermark.c.at).where(watermark.c.venue == venue).scalar_subquery()
    earliest = func.min(deposit_address.c.created_at) - CLOCKS_APART
    first = select(earliest).where(deposit_address.c.venue == venue)
    found: datetime | None = (
        await tx.conn.execute(select(func.coalesce(mark, first.scalar_subquery())))
    ).scalar()
    return found


async def set_watermark(tx: Tx, venue: str, at: datetime) -> None:
    """Everything that the venue lists before is stored, and final there."""
    row = insert(watermark).values(venue=venue, at=at)
    await tx.conn.execute(row.on_conflict_do_update(index_elements=["venue"], set_={"at": at}))


async def save_state(
    tx: Tx, deposit_id: UUID, state: State, reason: str | None = None, *, entry_number: int | None = None
) -> None:
    """Write how far a locked one is; with a number, under which ids the books are asked from now on."""
    values: dict[str, Any] = {"state": state, "reason": reason}
    if state is State.SETTLED:
        values["settled_at"] = func.now()
    if entry_number is not None:
        values["entry_number"] = entry_number
    legal = (deposit.c.deposit_id == deposit_id) & deposit.c.state.in_(BEFORE[state])
    done = await tx.conn.execute(update(deposit).where(legal).values(values))
    assert done.rowcount == 1, f"{state} does not follow from where this deposit stands"


async def page(tx: Tx, investor_id: UUID, wanted: Page) -> list[tuple[int, Deposit]]:
    """An investor's deposits, the newest first, each with its position."""
    query = select(deposit).where(deposit.c.investor_id == investor_id)
    if (after := wanted.after_number) is not None:
        query = query.where(deposit.c.position < after)
    query = query.order_by(deposit.c.position.desc()).limit(wanted.limit).offset(wanted.offset)
    return [(row.position, _deposit(row)) for row in await tx.conn.execute(query)]


def _deposit(row: Row[Any]) -> Deposit:
    return Deposit(
        deposit_id=row.deposit_id,
        investor_id=row.investor_id,
        money=Money(int(row.units), ASSETS[row.asset]),
        state=State(row.state),
        venue=row.venue,
        reference=row.reference,
        rail=row.rail,
        seen_at=row.seen_at,
        settled_at=row.settled_at,
        effective_at=row.effective_at,
        reason=row.reason,
        entry_number=row.entry_number,
    )
