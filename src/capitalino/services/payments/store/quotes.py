"""Quotes: kept with the rate that they were made from, used once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, null, select, update

from capitalino.kit.db import Tx
from capitalino.money import ASSETS, Money
from capitalino.services.payments.domain.evaluation import Kept
from capitalino.services.payments.domain.payments import Priced, Quote
from capitalino.services.payments.tables.payments import quote


async def add(
    tx: Tx, new: Quote, sources: str, price_at: datetime, evaluation: Mapping[str, Any] | None = None
) -> None:
    """Keep an offer, with where its price came from and how it came about."""
    base, quoted = new.instrument
    priced = new.priced
    row = {
        "quote_id": new.quote_id,
        "investor_id": new.investor_id,
        "base": base,
        "quote": quoted,
        "side": new.side,
        "from_asset": priced.taken.asset.code,
        "from_units": priced.taken.units,
        "to_asset": priced.given.asset.code,
        "to_units": priced.given.units,
        "fee_units": priced.fee.units,
        "spread_units": priced.spread.units,
        "rate": priced.rate,
        "mid": priced.mid,
        "sources": sources,
        "price_at": price_at,
        "expires_at": new.expires_at,
        "used_by": new.used_by,
        "evaluation": null() if evaluation is None else dict(evaluation),
    }
    await tx.conn.execute(insert(quote).values(row))


async def get(tx: Tx, quote_id: UUID, investor_id: UUID) -> Quote | None:
    """An investor's own quote."""
    query = select(quote).where(quote.c.quote_id == quote_id, quote.c.investor_id == investor_id)
    row = (await tx.conn.execute(query)).one_or_none()
    return of(row) if row else None


async def kept(tx: Tx, quote_id: UUID) -> Kept | None:
    """A quote, whoever's it is."""
    row = (await tx.conn.execute(select(quote).where(quote.c.quote_id == quote_id))).one_or_none()
    if row is None:
        return None
    return Kept(of(row), tuple(row.sources.split(",")), row.price_at, row.created_at, row.evaluation)


async def use(tx: Tx, quote_id: UUID, conversion_id: UUID) -> bool:
    """Use the offer, if it still stands and nobody has: one conditional statement decides."""
    free = (quote.c.quote_id == quote_id) & quote.c.used_by.is_(None) & (quote.c.expires_at > func.now())
    done = await tx.conn.execute(update(quote).where(free).values(used_by=conversion_id))
    return done.rowcount == 1


def of(row: Row[Any]) -> Quote:
    """A quote from a row that has its columns."""
    given, fee = ASSETS[row.to_asset], int(row.fee_units)
    priced = Priced(
        taken=Money(int(row.from_units), ASSETS[row.from_asset]),
        given=Money(int(row.to_units), given),
        fee=Money(fee, given),
        spread=Money(int(row.spread_units), given),
        rate=row.rate,
        mid=row.mid,
    )
    instrument = (row.base, row.quote)
    return Quote(row.quote_id, row.investor_id, priced, instrument, row.side, row.expires_at, row.used_by)
