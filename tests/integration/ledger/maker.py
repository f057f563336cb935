"""A ledger of a test's own, with short words for what tests do all the time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text

from capitalino.contracts.ledger.api import (
    Account,
    Balance,
    CaptureHold,
    EntryAccepted,
    HoldUnits,
    OpenAccounts,
    PostEntry,
    Posting,
    ReadBalances,
    ReleaseHold,
)
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.services.ledger.service import Ledger
from capitalino.services.ledger.store.bookkeeper import Bookkeeper, Pace
from tests.support.database import FreshDatabase

WORLD, ALICE, BOB, SHOP = "world:bank", "investor:alice:cash", "investor:bob:cash", "house:shop"


def posting(source: str, destination: str, units: int, asset: str = "EUR") -> Posting:
    """One posting."""
    return Posting(source=source, destination=destination, asset=asset, units=units)


def entry(source: str, destination: str, units: int, asset: str = "EUR", **also: Any) -> PostEntry:
    """An entry of one posting, with an id of its own unless one is given."""
    also.setdefault("entry_id", new_id())
    return PostEntry(code="test.post", postings=(posting(source, destination, units, asset),), **also)


def hold(source: str, destination: str, units: int, **also: Any) -> HoldUnits:
    """A hold of one posting."""
    return HoldUnits(
        entry_id=new_id(), code="test.hold", postings=(posting(source, destination, units),), **also
    )


def capture(hold_id: UUID, **also: Any) -> CaptureHold:
    """The capture of a hold."""
    return CaptureHold(entry_id=new_id(), hold_id=hold_id, code="test.capture", **also)


def release(hold_id: UUID) -> ReleaseHold:
    """The release of a hold."""
    return ReleaseHold(entry_id=new_id(), hold_id=hold_id, code="test.release")


class Books:
    """A ledger and its database."""

    def __init__(self, ledger: Ledger, db: Database, owner_url: str) -> None:
        self.ledger, self.db, self.owner_url = ledger, db, owner_url

    async def open(self, *addresses: str, **also: Any) -> None:
        """Open accounts in EUR unless another asset is named; those of the world have no floor."""
        also.setdefault("asset", "EUR")
        wanted = tuple(
            Account(address=one, **({"floor": None} if one.startswith("world:") else {}) | also)
            for one in addresses
        )
        await self.ledger.open_accounts(OpenAccounts(accounts=wanted))

    async def give(self, address: str, units: int, asset: str = "EUR") -> EntryAccepted:
        """Units from the world."""
        return await self.ledger.post_entry(entry(WORLD, address, units, asset))

    async def balance(self, address: str, asset: str = "EUR") -> Balance:
        """One account as it stands."""
        read = await self.ledger.read_balances(ReadBalances(addresses=(address,)))
        return next(one for one in read.balances if one.asset == asset)

    async def balance_at(self, address: str, at: datetime) -> tuple[int, int]:
        """The balance at a time: as it was recorded by then, and as it was in effect."""
        query = "select (ledger.balance_at(account_id, :at)).* from ledger.account where address = :address"
        async with self.db.begin() as tx:
            row = (await tx.conn.execute(text(query), {"at": at, "address": address})).one()
        return int(row.recorded), int(row.effective)

    async def set_state(self, address: str, state: int) -> None:
        """Freeze or close, as its owner does until there is a command for it."""
        owner = await asyncpg.connect(self.owner_url)
        await owner.execute("update ledger.account set state = $1 where address = $2", state, address)
        await owner.close()

    async def agree(self) -> None:
        """The books agree."""
        assert await self.ledger.check_books() == []


@asynccontextmanager
async def open_books(database: FreshDatabase, db: Database) -> AsyncGenerator[Books]:
    """A ledger with a bookkeeper of its own; a second one stands for another process."""
    bookkeeper = Bookkeeper(database.url("ledger_app"), Pace(), db.emitted.set)
    async with bookkeeper.open():
        yield Books(Ledger(db, bookkeeper), db, database.url("ledger_owner"))
