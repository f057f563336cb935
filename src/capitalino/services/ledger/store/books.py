"""Do the books agree?"""

from sqlalchemy import text

from capitalino.kit.db import Tx

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
