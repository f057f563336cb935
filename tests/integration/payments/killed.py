"""A process of its own that drives one conversion and is killed at a named place, in the middle of it."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self, cast
from uuid import UUID

from capitalino.kit.db import Database
from capitalino.services.ledger.store.bookkeeper import Bookkeeper, Pace
from capitalino.services.ledger.tables import schema as ledger_schema
from capitalino.services.payments.adapters.opened import KRAKEN_SECRET
from capitalino.services.payments.tables import schema
from capitalino.venues import VenueSettings, open_venue
from capitalino.venues.binance_client import our_client
from capitalino.venues.port import Venue
from tests.integration.ledger.maker import Books
from tests.integration.payments.makers import Book, Wired, payments
from tests.support.database import FreshDatabase
from tests.support.sandbox import Sandbox

our_client()  # imported once, in the process from which all of these are forked
NAMES = ("binance", "kraken", "okx", "coinbase")
RISING = {f"{name}_fee": Decimal(n).scaleb(-3) for n, name in enumerate(NAMES, 1)}
"""The first is the best by more than a price moves between the readings of two books."""
SPLIT: dict[str, Any] = {f"{name}_fee": Decimal("0.001") for name in NAMES} | {"split_from": Decimal(0)}
"""An order that is too large for one level of a book goes to two venues."""


@dataclass(frozen=True)
class Place:
    """Before or after the n-th time that something outside is asked for."""

    what: str
    when: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.when}-{self.what}" + (f"-{self.nth}" if self.nth > 1 else "")


@dataclass(frozen=True)
class World:
    """Where everything is, so that another process finds it."""

    payments_url: str
    ledger_url: str
    owner_url: str
    sandbox_url: str
    names: tuple[str, ...] = ("binance",)
    settings: Mapping[str, Any] = field(default_factory=dict)


def world_of(database: FreshDatabase, sandbox: Sandbox, **settings: Any) -> World:
    """A test's own database, and the sandbox."""
    payments_url, ledger_url, owner_url = (
        database.url(role) for role in ("payments_app", "ledger_app", "ledger_owner")
    )
    return World(payments_url, ledger_url, owner_url, sandbox.url, settings=settings)


class Killed:
    """An object whose calls go through, until the process ends at its place."""

    def __init__(self, *targets: object, place: Place | None, counted: dict[str, int]) -> None:
        self._targets, self._place, self._counted = targets, place, counted

    def __getattr__(self, name: str) -> Any:
        found = next(getattr(one, name) for one in self._targets if hasattr(one, name))
        if self._place is None or self._place.what != name:
            return found
        place = self._place

        async def asked(*arguments: Any, **named: Any) -> Any:
            self._counted[name] = self._counted.get(name, 0) + 1
            is_here = self._counted[name] == place.nth
            if is_here and place.when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return await found(*arguments, **named)
            finally:  # a refusal is an answer too
                if is_here:
                    os.kill(os.getpid(), signal.SIGKILL)

        return asked

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await cast("Any", self._targets[0]).__aexit__(None, None, None)


def venue_of(sandbox_url: str, name: str) -> Venue:
    """One of the four, as the sandbox speaks for it."""
    settings = VenueSettings(f"{sandbox_url}/{name}", timeout_ms=1000)
    if name == "kraken":
        settings = VenueSettings(settings.base_url, secret=KRAKEN_SECRET, timeout_ms=1000)
    return open_venue(name, settings)


@asynccontextmanager
async def wired_to(world: World, place: Place | None = None) -> AsyncIterator[Wired]:
    """Payments with the real ledger and real venues; ends at the place, if there is one."""
    db, ledger = Database(world.payments_url, schema), Database(world.ledger_url, ledger_schema)
    bookkeeper = Bookkeeper(world.ledger_url, Pace(), ledger.emitted.set)
    counted: dict[str, int] = {}
    venues = [
        cast("Venue", Killed(venue_of(world.sandbox_url, name), place=place, counted=counted))
        for name in world.names
    ]
    async with bookkeeper.open():
        books = Books(ledger, bookkeeper, world.owner_url)
        book = cast("Book", Killed(books.entries, books.accounts, place=place, counted=counted))
        async with payments(
            db, "", book=book, venue=venues[0], others=venues[1:], settings_of={**RISING, **world.settings}
        ) as wired:
            yield wired
    await db.close()
    await ledger.close()


def drive(world: World, place: Place, conversion_id: UUID) -> None:
    """What the child does."""
    asyncio.run(_drive(world, place, conversion_id))


async def _drive(world: World, place: Place, conversion_id: UUID) -> None:
    async with wired_to(world, place) as wired:
        await wired.conversions._driver.drive(conversion_id)


async def kill(world: World, place: Place, conversion_id: UUID) -> int | None:
    """Let a child drive it until it is killed; how the child ended."""
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload([__name__])
    child = forked.Process(target=drive, args=(world, place, conversion_id))
    child.start()
    await asyncio.to_thread(child.join, 30)
    return child.exitcode
