"""Analytics on real servers, hearing what the other services tell."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from capitalino.contracts.ledger.events import EntryPosted, Line
from capitalino.contracts.market.events import DayClosed
from capitalino.kit.bus import Bus
from capitalino.kit.db import Database
from capitalino.services.analytics.adapters.ticks import Ticks
from capitalino.services.analytics.consumers import consumers
from capitalino.services.analytics.service import Analytics
from capitalino.services.analytics.tables import schema
from tests.support.clock import NOON, SettableClock
from tests.support.database import Opener
from tests.support.facts import Sources, hearing, until

BTC = 10**8


def at(day: int) -> datetime:
    """Morning of a day of March; the clock stands at the 20th."""
    return datetime(2026, 3, day, 9, tzinfo=UTC)


def entry(code: str, when: datetime, *moves: tuple[str, str, int], **metadata: UUID) -> EntryPosted:
    """An entry of lines (address, asset, units)."""
    lines = [
        Line(address=address, asset=asset, units=units, posted=0, held_out=0, held_in=0, version=1)
        for address, asset, units in moves
    ]
    return EntryPosted(
        entry_id=uuid4(),
        kind="post",
        code=code,
        recorded_at=NOON,
        effective_at=when,
        metadata={name: str(value) for name, value in metadata.items()},
        lines=tuple(lines),
    )


def deposit(
    investor_id: UUID, asset: str, units: int, when: datetime = NOON, **metadata: UUID
) -> EntryPosted:
    """Money from outside."""
    return entry(
        "deposit",
        when,
        ("world:bank", asset, -units),
        (f"investor:{investor_id}:cash", asset, units),
        **metadata,
    )


def conversion(investor_id: UUID, btc: int, eur: int, when: datetime = NOON, **metadata: UUID) -> EntryPosted:
    """BTC for EUR, with a fee of one EUR."""
    mine = f"investor:{investor_id}:cash"
    return entry(
        "conversion",
        when,
        (mine, "BTC", -btc),
        ("liquidity:main", "BTC", btc),
        ("liquidity:main", "EUR", -eur - 100),
        (mine, "EUR", eur),
        ("fees:exchange:00", "EUR", 100),
        **metadata,
    )


def closed(day: int, rate: int, *, base: str = "BTC", version: int = 0) -> DayClosed:
    """A day's last price in EUR."""
    return DayClosed(base=base, quote="EUR", on=date(2026, 3, day), close=Decimal(rate), version=version)


@dataclass
class World:
    """What a test needs at hand."""

    db: Database
    bus: Bus
    sources: Sources
    clock: SettableClock
    ticks: Ticks
    analytics: Analytics
    told: dict[str, int] = field(default_factory=dict)

    async def tell(self, *events: EntryPosted | DayClosed | object) -> None:
        """Have them told by whoever tells such, and wait until they are heard."""
        for event in events:
            source = event.subject.split(".", 1)[0]  # type: ignore[union-attr]
            await self.sources.tell(event)  # type: ignore[arg-type]
            self.told[source] = self.told.get(source, 0) + 1
        await until(self.is_heard)

    async def is_heard(self) -> bool:
        """Whether all that was told is in effect."""
        async with self.db.read() as tx:
            rows = (await tx.conn.execute(text("select source, position from analytics.inbox"))).all()
        return {**dict.fromkeys(self.told, 0), **{row.source: row.position for row in rows}} == {
            **{row.source: 0 for row in rows},
            **self.told,
        }

    async def price(self, mid: str, *, instrument: str = "BTC/EUR", change: str | None = None) -> None:
        """The market shows a live price."""
        told = {
            "instrument": instrument,
            "mid": mid,
            "change_24h": change,
            "at": self.clock.now().isoformat(),
        }
        await self.bus.signal(f"market.price.{instrument.replace('/', '.')}", told)
        base, quote = instrument.split("/")

        async def is_known() -> bool:
            tick = self.ticks.fresh().get((base, quote))
            return tick is not None and tick.rate == Decimal(mid)

        await until(is_known)


Open = Callable[..., Awaitable[World]]


@pytest.fixture
async def world(
    database: Opener, nats_url: str, sources: Sources, clock: SettableClock
) -> AsyncIterator[World]:
    """The service at work."""
    db, bus = await database(schema), Bus(nats_url, "analytics")
    await bus.open()
    ticks = Ticks(clock, age_max_s=30)
    analytics = Analytics(db, ticks, clock)
    async with ticks.listening(bus), hearing(db, bus, consumers(analytics)):
        await bus.nc.flush()
        yield World(db, bus, sources, clock, ticks, analytics)
    await bus.close()


def midnight(day: int) -> datetime:
    """When a day of March begins."""
    return datetime.combine(date(2026, 3, day), time(), UTC)
