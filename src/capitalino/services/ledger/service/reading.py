"""Reading the book: statements, times, totals. From a replica where there is one and it is not behind."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

from capitalino.kit.db import Database, Tx
from capitalino.kit.pages import Page
from capitalino.money import Asset
from capitalino.services.ledger.domain import StatementFilter, StatementLine, Total
from capitalino.services.ledger.errors.accounts import AccountUnknown
from capitalino.services.ledger.store import accounts, books, lines


class Reading:
    """Answers about the past. What it says of now may be a moment old, unless a version is asked for."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._assets: dict[str, Asset] = {}

    async def statement(
        self, address: str, asset: str, page: Page, *, only: StatementFilter, min_version: int = 0
    ) -> tuple[list[StatementLine], int | None, int | None]:
        """Movements of one account, newest first; where the next page begins; a count for numbered pages."""
        async with self._at_least(address, asset, min_version) as tx:
            found = await lines.statement(
                tx,
                address,
                asset,
                only=only,
                before=page.after_number,
                offset=page.offset,
                limit=page.limit + 1,
            )
            total = await lines.count(tx, address, asset, only) if page.page else None
        shown = found[: page.limit]
        return shown, shown[-1].version if len(found) > page.limit else None, total

    async def balance_at(
        self, address: str, asset: str, at: datetime, *, min_version: int = 0
    ) -> tuple[int, int]:
        """The balance as the book knew it at that time, and as it was in effect by what is known now."""
        async with self._at_least(address, asset, min_version) as tx:
            found = await lines.balance_at(tx, address, asset, at)
        if found is None:
            raise AccountUnknown("There is no such account.", address=address, asset=asset)
        return found

    async def trial_balance(self) -> list[Total]:
        """All accounts, summed by book, asset and the first word of their address."""
        async with self._db.read() as tx:
            return await accounts.trial_balance(tx)

    async def assets(self) -> dict[str, Asset]:
        """What the book keeps. Scales never change, so they are read once."""
        if not self._assets:
            async with self._db.read() as tx:
                self._assets = await accounts.assets(tx)
        return self._assets

    async def check_books(self) -> list[str]:
        """Every broken invariant, in a sentence each; none is the proof."""
        async with self._db.begin() as tx:
            return await books.check_books(tx)

    @asynccontextmanager
    async def _at_least(self, address: str, asset: str, version: int) -> AsyncGenerator[Tx]:
        """A transaction that sees this version of the account: the replica's, or else the book's own."""
        async with self._db.read() as tx:
            if not version or (await accounts.version(tx, address, asset) or 0) >= version:
                yield tx
                return
        async with self._db.begin() as tx:
            yield tx
