"""A ledger of a test's own, with short words for what tests do all the time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from capitalino.contracts.ledger.api import (
    Account,
    AmendAccount,
    Balance,
    CaptureHold,
    EntryAccepted,
    HoldUnits,
    OpenAccounts,
    PostEntry,
    Posting,
    ReadBalances,
    ReleaseHold,
    ReverseEntry,
)
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.services.ledger.service import Accounts, Entries, Reading
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


def reversal(reverses: UUID, **also: Any) -> ReverseEntry:
    """The reversal of an entry."""
    return ReverseEntry(entry_id=new_id(), reverses=reverses, code="test.reversed", **also)


class Books:
    """A ledger and its database."""

    def __init__(self, db: Database, bookkeeper: Bookkeeper, owner_url: str) -> None:
        self.db, self.owner_url = db, owner_url
        self.reading = Reading(db)
        self.entries = Entries(db, bookkeeper, self.reading)
        self.accounts = Accounts(db, self.reading)

    async def open(self, *addresses: str, **also: Any) -> None:
        """Open accounts in EUR unless another asset is named; those of the world have no floor."""
        also.setdefault("asset", "EUR")
        wanted = tuple(
            Account(address=one, **({"floor": None} if one.startswith("world:") else {}) | also)
            for one in addresses
        )
        await self.accounts.open_accounts(OpenAccounts(accounts=wanted))

    async def give(self, address: str, units: int, asset: str = "EUR") -> EntryAccepted:
        """Units from the world."""
        return await self.entries.post_entry(entry(WORLD, address, units, asset))

    async def balance(self, address: str, asset: str = "EUR") -> Balance:
        """One account as it stands."""
        read = await self.accounts.read_balances(ReadBalances(addresses=(address,)))
        return next(one for one in read.balances if one.asset == asset)

    async def balance_at(self, address: str, at: datetime) -> tuple[int, int]:
        """The balance at a time: as it was recorded by then, and as it was in effect."""
        return await self.reading.balance_at(address, "EUR", at)

    async def amend(self, address: str, **change: Any) -> None:
        """Freeze, close or bound an account."""
        command = AmendAccount(change_id=new_id(), address=address, by="tests", reason="a test", **change)
        await self.accounts.amend_account(command)

    async def agree(self) -> None:
        """The books agree."""
        assert await self.reading.check_books() == []


@asynccontextmanager
async def open_books(database: FreshDatabase, db: Database) -> AsyncGenerator[Books]:
    """A ledger with a bookkeeper of its own; a second one stands for another process."""
    bookkeeper = Bookkeeper(database.url("ledger_app"), Pace(), db.emitted.set)
    async with bookkeeper.open():
        yield Books(db, bookkeeper, database.url("ledger_owner"))
