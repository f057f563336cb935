"""The books as wholes: do they agree, and until when are they closed?"""

from datetime import datetime

from sqlalchemy import exists, select, text

from capitalino.kit.db import Tx
from capitalino.services.ledger.tables.accounts import book

NAMED_MAX = 5


async def check_books(tx: Tx) -> list[str]:
    """Every broken invariant in a sentence, with the first of what breaks it. An empty list is the proof."""
    found: dict[str, list[str]] = {}
    for broken, what in await tx.conn.execute(text("select broken, what from ledger.check_books()")):
        found.setdefault(broken, []).append(what)
    return [
        f"{broken}: {', '.join(what[:NAMED_MAX])}{' …' if len(what) > NAMED_MAX else ''}"
        for broken, what in found.items()
    ]


async def close_period(tx: Tx, name: str, until: datetime) -> bool:
    """Close a book until then; False when there is no such book, or the instant has not passed."""
    closing = text("select ledger.close_period(:book, :until)")
    closed: bool = (await tx.conn.execute(closing, {"book": name, "until": until})).scalar_one()
    return closed


async def is_known(tx: Tx, name: str) -> bool:
    """There is such a book."""
    found: bool = (await tx.conn.execute(select(exists().where(book.c.book == name)))).scalar_one()
    return found
