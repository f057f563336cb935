"""The price list: what counts now, and all that ever did."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from capitalino.kit.db import Tx
from capitalino.kit.pages import Page
from capitalino.services.payments.domain.payments import Terms
from capitalino.services.payments.domain.terms import ALL, ListedTerms
from capitalino.services.payments.tables.staff import terms

later = terms.alias("later")
IS_CURRENT = (terms.c.valid_from <= func.now()) & ~(
    select(later)
    .where(
        later.c.base == terms.c.base,
        later.c.quote == terms.c.quote,
        later.c.valid_from <= func.now(),
        (later.c.valid_from > terms.c.valid_from)
        | ((later.c.valid_from == terms.c.valid_from) & (later.c.position > terms.c.position)),
    )
    .exists()
)


async def current(tx: Tx, base: str, quote: str) -> ListedTerms:
    """What counts for a pair now: its own newest row, or the default's."""
    own = (terms.c.base == base) & (terms.c.quote == quote)
    default = (terms.c.base == ALL) & (terms.c.quote == ALL)
    query = select(terms).where(own | default, terms.c.valid_from <= func.now())
    newest = terms.c.valid_from.desc(), terms.c.position.desc()
    query = query.order_by((terms.c.base == ALL).asc(), *newest).limit(1)
    return _listed((await tx.conn.execute(query)).one())  # the migration has written a default


async def page(tx: Tx, wanted: Page) -> list[tuple[int, ListedTerms]]:
    """All rows, the newest first, each with its position and whether it counts now."""
    query = select(terms, IS_CURRENT.label("is_current"))
    if (after := wanted.after_number) is not None:
        query = query.where(terms.c.position < after)
    query = query.order_by(terms.c.position.desc()).limit(wanted.limit).offset(wanted.offset)
    rows = await tx.conn.execute(query)
    return [(row.position, _listed(row, is_current=row.is_current)) for row in rows]


async def add(tx: Tx, new: ListedTerms, valid_from: datetime | None) -> None:
    """Add a row that counts from then on; from now on where that has passed, or is None."""
    row = {
        "terms_id": new.terms_id,
        "base": new.base,
        "quote": new.quote,
        "spread": new.terms.spread,
        "fee": new.terms.fee,
        "valid_from": func.now() if valid_from is None else func.greatest(valid_from, func.now()),
        "approval_id": new.approval_id,
        "asked_by": new.asked_by,
        "approved_by": new.approved_by,
    }
    await tx.conn.execute(insert(terms).values(row))


def _listed(row: Row[Any], *, is_current: bool = True) -> ListedTerms:
    return ListedTerms(
        terms_id=row.terms_id,
        base=row.base,
        quote=row.quote,
        terms=Terms(row.spread, row.fee),
        valid_from=row.valid_from,
        approval_id=row.approval_id,
        asked_by=row.asked_by,
        approved_by=row.approved_by,
        is_current=is_current,
    )
