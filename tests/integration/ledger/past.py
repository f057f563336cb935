"""A past with some of everything in it, for what has to look at all of it."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from capitalino.contracts.ledger.api import EntryAccepted, PostEntry, SetLimits, Share, Window
from capitalino.kit.clock import SYSTEM
from capitalino.kit.crypto import Key
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError
from capitalino.kit.ids import new_id
from capitalino.services.ledger.adapters.signer import Signer
from capitalino.services.ledger.service.chain import Chain, Often
from capitalino.services.ledger.service.proof import Proof
from capitalino.services.ledger.store import chain as store
from tests.integration.ledger.maker import (
    ALICE,
    BOB,
    SHOP,
    WORLD,
    Books,
    capture,
    entry,
    hold,
    posting,
    release,
    reversal,
)

KEY = "investor:alice:withdrawal"
WEI = 10**18 * 12_345 + 1
SIGNER = Signer([Key("k1", bytes(range(32)))])


def silent(_: str) -> None:
    """Nobody is told."""


async def refused(command: Coroutine[Any, Any, Any]) -> None:
    """It is refused, whatever for."""
    try:
        await command
    except AppError:
        return
    raise AssertionError("it was accepted")


async def some_of_everything(books: Books) -> dict[str, UUID]:
    """Every kind of entry, and refused ones. Some of their ids."""
    post, do = books.entries.post_entry, books.entries
    await books.open(WORLD, ALICE, asset="ETH")
    windows = (Window(seconds=86_400, units=1000),)
    await books.accounts.set_limits(SetLimits(limit_key=KEY, windows=windows))
    await books.give(ALICE, 10_000)
    await books.give(ALICE, WEI, "ETH")
    back = SYSTEM.now() - timedelta(days=3)
    dated = await post(
        entry(WORLD, BOB, 70_000, effective_at=back, metadata={"né": "€ \U0001f3db", "a": "1"})
    )
    there_and_back = (posting(ALICE, BOB, 50), posting(BOB, ALICE, 20), posting(ALICE, SHOP, 5))
    mixed = await post(PostEntry(entry_id=new_id(), code="test.mixed", postings=there_and_back))
    await post(entry(ALICE, WORLD, 40, reference_units=40, limit_key=KEY))
    captured = await do.hold_units(hold(ALICE, SHOP, 700))
    await do.capture_hold(capture(captured.entry_id, units=400, further=(posting(SHOP, BOB, 3),)))
    released = await do.hold_units(hold(ALICE, WORLD, 30, reference_units=30, limit_key=KEY))
    await do.release_hold(release(released.entry_id))
    await do.hold_units(hold(ALICE, SHOP, 11, expires_at=SYSTEM.now() - timedelta(seconds=1)))
    await do.expire_holds()
    opened = await do.hold_units(hold(ALICE, SHOP, 12, expires_at=SYSTEM.now() + timedelta(days=1)))
    part = await do.reverse_entry(reversal(mixed.entry_id, shares=(Share(number=1, units=10),)))
    whole = await do.reverse_entry(reversal(dated.entry_id))
    late = new_id()
    await refused(post(entry(SHOP, BOB, 10**9, entry_id=late, metadata={"order": "7"})))
    await refused(post(entry(SHOP, "house:nowhere", 1)))
    await refused(do.capture_hold(capture(captured.entry_id)))
    names = {"dated": dated, "mixed": mixed, "opened": opened, "part": part, "whole": whole}
    return {name: one.entry_id for name, one in names.items()} | {"refused": late}


async def some_hundreds(books: Books, count: int) -> list[EntryAccepted]:
    """Small entries, many at once."""
    some = [(WORLD, ALICE), (WORLD, BOB), (WORLD, SHOP)]
    commands = [entry(*some[number % 3], number + 1) for number in range(count)]
    return await asyncio.gather(*(books.entries.post_entry(one) for one in commands))


def chain_of(books: Books, signer: Signer = SIGNER, **also: Any) -> Chain:
    """What seals and signs, at every round unless it is told otherwise."""
    also.setdefault("clock", SYSTEM)
    also.setdefault("often", Often(0, 1))
    return Chain(books.db, signer, **also)


def proof_of(books: Books, signer: Signer = SIGNER) -> Proof:
    """What proves the book."""
    return Proof(books.db, signer)


async def seal_all(db: Database, size: int = 1000) -> None:
    """Everything is in a block. What runs in the databases of other tests holds it up for a moment."""
    async with asyncio.timeout(20):
        while True:
            async with db.begin() as tx:
                await store.seal(tx, size, 5000)
                if not await store.waiting(tx):
                    return
            await asyncio.sleep(0.01)


async def hashes(books: Books) -> list[bytes]:
    """Of all blocks."""
    async with books.db.begin() as tx:
        rows = await tx.conn.execute(text("select hash from ledger.block order by number"))
        return list(rows.scalars())
