"""A venue that does what a test says, and markets that read it."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Self, cast

from fastapi import APIRouter
from pydantic import SecretStr
from sqlalchemy import text

from capitalino.kit.bus import Bus
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.module import Given
from capitalino.kit.settings import Shared
from capitalino.services.market.domain.candles import Interval
from capitalino.services.market.routes import routes
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.history import History
from capitalino.services.market.service.live import Live
from capitalino.services.market.service.rate_sources import RateSources
from capitalino.services.market.service.releases import Releases
from capitalino.services.market.service.signals import FEEDS, TICKS
from capitalino.services.market.settings import MarketSettings
from capitalino.venues.port import Again, Candle, Pair, Tick, VenueTrouble

BTC, ETH, LTC = (Pair(base, "EUR") for base in ("BTC", "ETH", "LTC"))


def tick(pair: Pair, mid: int, at: datetime, *, open_24h: int = 100) -> Tick:
    """Bid and ask are one below and one above."""
    last = Decimal(mid)
    return Tick(pair, last - 1, last + 1, last, Decimal(open_24h), at, at)


@dataclass
class ScriptedVenue:
    """Keeps what the market needs of `venues.port.Venue`. A candle opens at 10 + the bar's number."""

    clock: Clock
    told: list[Tick | VenueTrouble] = field(default_factory=list)
    """What a stream tells, in order; it drops at the end."""
    corrected: dict[datetime, Decimal] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    trouble: VenueTrouble | None = None
    """What asking for candles runs into, once."""
    page_max: int = 1000
    name: str = "binance"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.asked.append(("close",))

    async def watch(self, pairs: Sequence[Pair], *, silence_s: int = 10) -> AsyncGenerator[Tick]:
        """The script."""
        self.asked.append(("watch", tuple(pairs)))
        for one in self.told:
            if isinstance(one, VenueTrouble):
                raise one
            yield one
        raise Again("dropped", "the end of the script")

    async def rates(self, pairs: Sequence[Pair]) -> tuple[Tick, ...]:
        """Everything costs 7."""
        self.asked.append(("rates", tuple(pairs)))
        return tuple(tick(pair, 7, self.clock.now()) for pair in pairs)

    async def candles(
        self, pair: Pair, interval: Any, *, since: datetime | None = None, limit: int = 500
    ) -> tuple[Candle, ...]:
        """From `since` on, the running one too."""
        assert since is not None
        self.asked.append(("candles", str(pair), interval, since))
        if self.trouble:
            trouble, self.trouble = self.trouble, None
            raise trouble
        length = Interval(interval).length
        rows: list[Candle] = []
        at = since
        while at <= self.clock.now() and len(rows) < min(limit, self.page_max):
            rows.append(self._candle(at, length))
            at += length
        return tuple(rows)

    def _candle(self, at: datetime, length: timedelta) -> Candle:
        number = Decimal((at - datetime(2020, 1, 1, tzinfo=UTC)) // length)
        close = self.corrected.get(at, 11 + number)
        low = min(close, 10 + number)
        return Candle(at, 10 + number, max(close, 12 + number), low, close, Decimal("1.50000000"))


class Market:
    """One replica of the service, wired by hand around a scripted venue, or around several."""

    def __init__(
        self,
        db: Database,
        bus: Bus,
        venue: ScriptedVenue,
        clock: Clock,
        *more: ScriptedVenue,
        **different: Any,
    ) -> None:
        # A test does not wait for its venue, nor for more candles than it looks at.
        quick = {"reconnect_s": 0.001, "history_every_s": 0.001, "days_back": 731}
        read = {"venues": tuple(one.name for one in (venue, *more))}
        self.settings = MarketSettings(**quick | {"hours_back": 48, "minutes_back": 1500} | read | different)
        given = Given(
            bus=bus,
            cache=cast("Any", None),
            clock=clock,
            shared=Shared(),
            settings=self.settings,
            peers=lambda _: None,
            database=db,
        )
        self.db, self.bus, self.venue = db, bus, venue
        self.catalogue = Catalogue(db, self.settings.venues)
        opened = {one.name: partial(cast("Any", lambda same: same), one) for one in (venue, *more)}
        self.live = Live(given, self.catalogue, opened, self.settings)
        self.prices, self.observations = self.live.prices, self.live.observations
        self.feed = self.live.each[0]
        self.reference = RateSources(given, self.catalogue, self.settings)
        self.history = History(db, self.catalogue, opened, clock, self.settings)
        self.releases = Releases(db, self.reference.rates, clock)

    def router(self) -> APIRouter:
        """Its paths."""
        return routes(self.live, self.catalogue, self.history, self.reference, self.releases)

    async def listen(self) -> None:
        """Hear what other replicas tell."""
        await self.bus.listen(f"{TICKS}.>", self.prices.hear_signal)
        await self.bus.listen(f"{FEEDS}.>", self.live.feeds.hear_signal)


async def facts(db: Database) -> list[dict[str, Any]]:
    """What has been told for ever, in order."""
    async with db.read() as tx:
        rows = await tx.conn.execute(text("select payload from market.outbox order by seq"))
        return [dict(row.payload) for row in rows]


def settings(postgres_url: str, nats_url: str, valkey_url: str, **different: Any) -> MarketSettings:
    """Of a market that finds its servers."""
    return MarketSettings(
        database_url=SecretStr(postgres_url),
        nats_url=SecretStr(nats_url),
        valkey_url=SecretStr(valkey_url),
        **different,
    )
