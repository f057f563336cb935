"""The venues as providers: how well their orders go, and how their circuits are."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from os import getpid
from socket import gethostname

from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.services.payments.domain.routing import success
from capitalino.services.payments.store import providers as store
from capitalino.venues.circuits import Group, Health
from capitalino.venues.guarded import Guarded

LATEST = 100
RECENT = timedelta(minutes=15)
"""Orders of the last quarter of an hour count: who has failed then gets another chance."""
HOUR = timedelta(hours=1)
KEPT_S = 1.0


@dataclass(frozen=True, slots=True)
class Provider:
    """A venue: its circuits as this replica has met them, its orders as all replicas have sent them."""

    venue: str
    takes_orders: bool
    takes_deposits: bool
    circuits: tuple[Health, ...]
    success: Decimal
    orders: Counter[str]
    """Of the last hour, by what became of them."""


@dataclass(frozen=True, slots=True)
class Report:
    """All of them, as seen by one replica at one time."""

    replica: str
    as_of: datetime
    providers: Sequence[Provider]


class Providers:
    """Knows what was seen of each venue."""

    def __init__(self, db: Database, orders: Mapping[str, Guarded], deposits: Guarded, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._orders, self._deposits = orders, deposits
        self.venues = {**orders, deposits.name: deposits}
        self._kept: tuple[float, Mapping[str, Decimal]] | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """A resource of the process: at its end, every connection to a venue is closed."""
        async with AsyncExitStack() as kept:
            for venue in self.venues.values():
                await kept.enter_async_context(venue)
            yield

    async def success(self) -> Mapping[str, Decimal]:
        """The share of the latest orders at each venue that went well; not older than a second."""
        now = self._clock.monotonic()
        if self._kept is None or now - self._kept[0] > KEPT_S:
            async with self._db.begin() as tx:
                self._kept = (now, await self._shares(tx))
        return self._kept[1]

    async def report(self) -> Report:
        """Each venue, for staff."""
        async with self._db.begin() as tx:
            shares = await self._shares(tx)
            orders = await store.outcomes(tx, self.venues, HOUR)
        providers = [
            Provider(
                name,
                name in self._orders,
                name == self._deposits.name,
                tuple(one for one in venue.circuits.health() if self._is_used(name, one)),
                shares.get(name, success(0, 0)),
                orders[name],
            )
            for name, venue in self.venues.items()
        ]
        return Report(f"{gethostname()}:{getpid()}", self._clock.now(), providers)

    async def _shares(self, tx: Tx) -> Mapping[str, Decimal]:
        return {name: _share(await store.latest(tx, name, RECENT, LATEST)) for name in self._orders}

    def _is_used(self, name: str, health: Health) -> bool:
        """A venue that takes deposits only is never asked for anything else, and the other way round."""
        return (name == self._deposits.name) if health.group is Group.RECEIVING else (name in self._orders)


def _share(found: Counter[str]) -> Decimal:
    return success(found["filled"] + found["late"], found["never"])
