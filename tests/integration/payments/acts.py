"""What tests of conversions do again and again, and a venue that something happens around."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Self, cast
from uuid import UUID

from sqlalchemy import text

from capitalino.kit.clock import SystemClock
from capitalino.kit.db import Database
from capitalino.kit.idempotency import Key
from capitalino.services.payments.domain.payments import Conversion, State
from capitalino.services.payments.service.conversions import Order
from capitalino.venues import VenueSettings, open_venue, port
from tests.integration.payments.makers import Wired
from tests.support.sandbox import Sandbox

ONE_BTC = 10**8
HALF = Order(pair=("BTC", "EUR"), amount="0.5")


class Crash(BaseException):
    """The process dies here."""


def key(investor_id: UUID, body: object = None, name: str = "k1") -> Key:
    return Key(investor_id, "conversion", name, body)


async def convert(wired: Wired, investor_id: UUID, order: Order = HALF, name: str = "k1") -> Conversion:
    return (await wired.conversions.convert(investor_id, key(investor_id, repr(order), name), order))[0]


async def until_final(
    wired: Wired, investor_id: UUID, conversion_id: UUID, within_s: float = 25
) -> Conversion:
    async with asyncio.timeout(within_s):
        while True:
            found = await wired.conversions.find(investor_id, conversion_id)
            if found.state in (State.SETTLED, State.REFUSED, State.IN_REVIEW):
                return found
            await wired.conversions.resume()
            await asyncio.sleep(0.05)


async def only_conversion(db: Database) -> UUID:
    async with db.begin() as tx:
        found: UUID = (
            await tx.conn.execute(text("select conversion_id from payments.conversion"))
        ).scalar_one()
    return found


async def told(db: Database) -> list[str]:
    async with db.begin() as tx:
        return list(
            (await tx.conn.execute(text("select subject from payments.outbox order by seq"))).scalars()
        )


class Later(SystemClock):
    """A clock that can be set ahead of the machine's."""

    ahead_s = 0.0

    def now(self):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return super().now() + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


async def drive_here(wired: Wired, investor_id: UUID) -> None:
    """As `convert`, with the steps done by the caller, so that a crash is the caller's."""
    conversion_id, _ = await wired.conversions._begin(investor_id, key(investor_id), HALF)
    while True:
        await wired.conversions._driver.drive(conversion_id)
        if (await wired.conversions.find(investor_id, conversion_id)).state in (State.SETTLED, State.REFUSED):
            return


async def rows(db: Database, query: str, **values: Any) -> list[Any]:
    """What a statement finds."""
    async with db.begin() as tx:
        return list((await tx.conn.execute(text(query), values)).all())


async def change(db: Database, statement: str, **values: Any) -> None:
    """What an operator, or time, does to the rows."""
    async with db.begin() as tx:
        assert (await tx.conn.execute(text(statement), values)).rowcount > 0


async def executed(db: Database, sandbox: Sandbox) -> list[str]:
    """The orders of this test's conversions that the venue has executed."""
    orders = (await sandbox.state())["orders"]
    ours = [row.client_order_id for row in await rows(db, "select client_order_id from payments.attempt")]
    return [one for one in ours for _ in orders.get(one, ())]


async def nothing(*_: Any) -> None:
    """Does it."""


class Around:
    """The sandbox's venue; what a test gives it happens before and after an order, or in place of a call."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._venue = open_venue("binance", VenueSettings(base_url=sandbox.venue_url, timeout_ms=1000))
        self.before: Callable[..., Awaitable[None]] = nothing
        self.after: Callable[..., Awaitable[None]] = nothing
        self.instead: dict[str, Callable[..., Awaitable[Any]]] = {}

    @classmethod
    def of(cls, sandbox: Sandbox, **instead: Callable[..., Awaitable[Any]]) -> Any:
        """For `payments(venue=…)`."""
        made = cls(sandbox)
        made.instead = instead
        return made

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._venue.__aexit__(None, None, None)

    def __getattr__(self, name: str) -> Any:
        return self.instead.get(name) or getattr(self._venue, name)

    async def place(self, order: port.PlaceOrder) -> port.Order:
        await self.before(order)
        if "place" in self.instead:
            return cast("port.Order", await self.instead["place"](order))
        placed = await self._venue.place(order)
        await self.after(order)
        return placed
