"""The whole service, as the catalogue wires it, reads the sandbox exchange through ccxt's own client."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from nats.aio.client import Client
from sqlalchemy import text

from capitalino.contracts.market.api import FindPrice, MarketPrices, Price
from capitalino.kit import migrations
from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError
from capitalino.kit.loops import Loop, supervise
from capitalino.kit.module import Given
from capitalino.kit.outbox import Relay
from capitalino.kit.settings import Shared
from capitalino.services.market.errors import PriceUnavailable, PriceWithoutQuorum
from capitalino.services.market.module import module
from capitalino.services.market.settings import MarketSettings
from capitalino.services.market.tables import schema
from tests.support.database import FreshDatabase
from tests.support.keeper import free_port
from tests.support.sandbox import command

PATIENCE_S = 60
FOUR = ("binance", "kraken", "okx", "coinbase")
QUICK: dict[str, Any] = {
    "rates_seed": False,
    "venues": ("binance",),
    "price_age_max_s": 3,
    "silence_max_s": 2,
    "reconnect_s": 0.1,
    "history_every_s": 0.5,
    "minutes_every_s": 0.2,
    "hours_back": 48,
    "minutes_back": 1500,
}


class Exchange:
    """A sandbox exchange that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._command = command(free_port(), free_port(), folder)
        self.url = f"http://127.0.0.1:{self._command[self._command.index('--port') + 1]}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Until it answers."""
        self._process = await asyncio.create_subprocess_exec(*self._command, stdout=sys.stderr)
        await until(self._answers)

    async def kill(self) -> None:
        """At once, as a power failure would."""
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def silence_one(self) -> None:
        """Whichever venue is connected to next says nothing."""
        fault = {"operation": "stream", "fault": "silence", "times": 1}
        async with httpx.AsyncClient(trust_env=False) as web:
            (await web.post(f"{self.url}/exchange/faults", json=fault)).raise_for_status()

    async def calls(self) -> dict[str, int]:
        """How often each operation was called."""
        async with httpx.AsyncClient(trust_env=False) as web:
            found: dict[str, int] = (await web.get(f"{self.url}/exchange/state")).json()["calls"]
            return found

    async def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, "the sandbox has ended: see what it said"
        async with httpx.AsyncClient(trust_env=False) as web:
            with suppress(httpx.HTTPError):
                return (await web.get(f"{self.url}/readyz")).is_success
        return False


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it."""
    async with asyncio.timeout(PATIENCE_S):
        while not await is_so():
            await asyncio.sleep(0.05)


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    """An exchange of this test's own."""
    made = Exchange(tmp_path)
    await made.start()
    yield made
    await made.kill()


class Replica:
    """One running market."""

    def __init__(self, prices: MarketPrices, db: Database) -> None:
        self._prices = prices
        self.db = db

    async def price(self, base: str = "BTC") -> Price | None:
        """The price now, or nothing when it is refused."""
        try:
            return await self._prices.find_price(FindPrice(base=base, quote="EUR"))
        except (PriceUnavailable, PriceWithoutQuorum):
            return None

    async def serves(self) -> bool:
        """Whether all prices are there."""
        return None not in [await self.price(base) for base in ("BTC", "ETH", "LTC")]

    async def refuses(self) -> bool:
        """Whether none is."""
        return not any([await self.price(base) for base in ("BTC", "ETH", "LTC")])

    async def ask(self, question: str) -> Any:
        """One figure of the database."""
        async with self.db.read() as tx:
            return (await tx.conn.execute(text(question))).scalar()


Start = Callable[..., Any]


@pytest.fixture
def replica(fresh_database: FreshDatabase, nats_url: str, exchange: Exchange) -> Start:
    """`async with replica() as market`: runs as `app/process.py` runs it."""

    @asynccontextmanager
    async def start(**different: Any) -> AsyncIterator[Replica]:
        db, bus = Database(fresh_database.url("market_app"), schema), Bus(nats_url, "market")
        given = Given(
            bus=bus,
            cache=None,  # type: ignore[arg-type]
            clock=SYSTEM,
            shared=Shared(venues_url=exchange.url),
            settings=MarketSettings(**QUICK | {"rates_url": f"{exchange.url}/rates"} | different),
            peers=lambda _: None,
            database=db,
        )
        parts = module.build(given)
        async with AsyncExitStack() as opened:
            opened.push_async_callback(db.close)
            await bus.open()
            opened.push_async_callback(bus.close)
            for resource in parts.resources:
                await opened.enter_async_context(resource())
            loops = (*parts.loops, Loop("market-relay", 0, Relay(db, bus).round))
            tasks = [asyncio.ensure_future(supervise(loop, db)) for loop in loops]
            try:
                yield Replica(parts.apis[MarketPrices], db)  # type: ignore[arg-type]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    return start


async def test_a_silent_venue_is_replaced_by_the_others_and_prices_come_back_when_all_were_dead(
    replica: Start, exchange: Exchange
) -> None:
    await exchange.silence_one()
    async with replica(venues=FOUR, price_quorum=3) as market:
        await until(market.serves)

        async def is_read_everywhere() -> bool:
            price = await market.price()
            return price is not None and price.sources == tuple(sorted(FOUR))

        await until(is_read_everywhere)
        price = await market.price()
        assert price.bid < price.mid < price.ask
        assert {opinion.verdict for opinion in price.opinions} == {"accepted"}
        assert price.age_ms < QUICK["price_age_max_s"] * 1000
        await exchange.kill()
        await until(market.refuses)
        await exchange.start()
        await until(market.serves)


async def test_of_two_replicas_one_reads_both_serve_and_the_other_takes_over(
    replica: Start, exchange: Exchange
) -> None:
    async with replica() as second:
        async with replica() as first:
            await until(first.serves)
            await until(second.serves)
            await asyncio.sleep(1)
            assert (await exchange.calls())["stream"] == 1
        await asyncio.sleep(QUICK["price_age_max_s"])
        await until(second.serves)
        assert (await exchange.calls())["stream"] <= 2


async def test_two_years_of_days_are_filled_in_and_each_is_told_once(
    replica: Start, exchange: Exchange, nats_client: Client
) -> None:
    stored = (
        "select min(n) from (select count(*) n from market.candle where interval = '1d' group by instrument)"
    )
    minutes = "select count(*) from market.candle where interval = '1m' and source <> 'ticks'"
    async with replica() as first, replica() as second:

        async def is_filled() -> bool:
            return (await first.ask(minutes) or 0) >= 3 * 1500

        await until(is_filled)
        assert await first.ask(stored) >= 731
        days = await second.ask("select count(*) from market.candle where interval = '1d'")
        relayed = f"select position >= {days} from market.relay"

        async def is_told() -> bool:
            return bool(await first.ask(relayed))

        await until(is_told)
    async with replica() as again:
        await asyncio.sleep(2)  # it looks at the venue, and finds nothing new
        assert await again.ask("select count(*) from market.outbox") == days
        assert await again.ask("select max(version) from market.candle where interval = '1d'") == 1
    told = await nats_client.jetstream().stream_info("FACTS", subjects_filter="fact.market.day_closed.v1")
    assert told.state.messages == days


async def test_ticks_become_candles_of_minutes(replica: Start) -> None:
    async with replica() as market:

        async def is_there() -> bool:
            made = "select count(distinct instrument) from market.candle where source = 'ticks'"
            return bool(await market.ask(made) == 3)

        await until(is_there)


async def test_reference_rates_are_read_by_themselves(replica: Start) -> None:
    async with replica(venues=()) as market:

        async def is_there() -> bool:
            well = "select count(*) = 4 from market.rate_source where succeeded_at is not null"
            return bool(await market.ask(well))

        await until(is_there)
        assert await market.ask("select count(*) from market.rate_good") == 6


async def test_the_tables_are_what_the_migrations_make(fresh_database: FreshDatabase) -> None:
    await migrations.check(fresh_database.url(), schema)


def test_refusals_have_codes_of_their_own() -> None:
    assert all(
        error.code.startswith("market.")
        for error in AppError.__subclasses__()
        if "market" in error.__module__
    )
