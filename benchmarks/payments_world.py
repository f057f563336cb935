"""Payments with everything that it stands on, for measuring: ledger and market as a process runs them, and
four exchanges in a process of their own. The venues are wired in as they are to be: guarded, or bare."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from benchmarks.payments_watch import Bare, Driving, Watched
from capitalino.app.build import Running, build, given_to
from capitalino.app.stack.postgres import DATABASE
from capitalino.app.stack.services import Servers
from capitalino.contracts.ledger.api import LedgerAccounts, LedgerEntries
from capitalino.contracts.market.api import FindPrice, MarketPrices
from capitalino.kit import answering, migrations
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError
from capitalino.kit.loops import Loop, supervise
from capitalino.kit.module import Given, Module
from capitalino.kit.outbox import Relay
from capitalino.kit.settings import Shared
from capitalino.kit.tasks import Tasks
from capitalino.services.ledger.module import module as ledger_module
from capitalino.services.market.module import module as market_module
from capitalino.services.payments.adapters.opened import KRAKEN_SECRET
from capitalino.services.payments.module import module as payments_module
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.conversions import Conversions
from capitalino.services.payments.service.driver import open_driver
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.service.providers import Providers
from capitalino.services.payments.service.quotes import Quotes
from capitalino.services.payments.service.router import open_router
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.venues import Venue, VenueSettings, open_venue, stand_in
from capitalino.venues.guarded import Guarded
from tests.support.keeper import free_port

MODULES: tuple[Module, ...] = (ledger_module, market_module, payments_module)
NAMES = ("binance", "kraken", "okx", "coinbase")
TIMEOUT_MS = 1000
"""What hangs is left after a second, so that a run does not consist of waiting."""
SPLIT_FROM = Decimal("0.0001")
"""Low enough for some of the large ones to be ordered in two parts."""
CONNECTIONS = 24
"""Of payments: for those who order, and for as many as `resume` takes up at once."""
FEEDS = ("market-feed", "market-signals")
PRICED_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class World:
    """What payments asks, and where all of it is kept."""

    given: Given
    ledger: LedgerEntries
    accounts: LedgerAccounts
    market: MarketPrices
    sandbox_url: str
    database_url: str


@dataclass(frozen=True, slots=True)
class Wired:
    """Payments, ready to be asked."""

    conversions: Conversions
    driving: Driving
    venues: Sequence[Watched]

    def told(self, client_order_id: str) -> str:
        """How an order was answered; nothing where it never came to the venue."""
        return next((one.told[client_order_id] for one in self.venues if client_order_id in one.told), "")


@asynccontextmanager
async def world(servers: Servers) -> AsyncGenerator[World]:
    """Ledger, market and sandbox, until the block ends."""
    for module in MODULES:
        assert module.schema is not None
        await migrations.upgrade(servers.postgres.url(f"{module.name}_owner"), module.schema)
        prefix = f"CAPITALINO_{module.name.upper()}_"
        os.environ[f"{prefix}DATABASE_URL"] = servers.postgres.url(f"{module.name}_app")
        os.environ[f"{prefix}NATS_URL"] = servers.nats.url(module.name)
        os.environ[f"{prefix}VALKEY_URL"] = servers.valkey.url(module.name)
    os.environ["CAPITALINO_PAYMENTS_POOL_SIZE"] = str(CONNECTIONS)
    async with AsyncExitStack() as opened:
        url = await opened.enter_async_context(_sandbox())
        shared = Shared(venues_url=url)
        running = build([ledger_module, market_module], shared)
        for one in running:
            await _run(one, opened)
        given = given_to(
            payments_module, shared, {k: v for one in running for k, v in one.parts.apis.items()}
        )
        await _open(given, opened)
        market = given.peer(MarketPrices)
        await _until_priced(market)
        ledger, accounts = given.peer(LedgerEntries), given.peer(LedgerAccounts)
        yield World(
            given,
            ledger,
            accounts,
            market,
            url,
            f"{servers.postgres.admin_url.rpartition('/')[0]}/{DATABASE}",
        )


@asynccontextmanager
async def payments(there: World, *, controls: bool) -> AsyncGenerator[Wired]:
    """As `services/payments/module.py` puts it together. Off: one bare venue, and no resume."""
    settings = there.given.settings_as(PaymentsSettings).model_copy(update={"split_from": SPLIT_FROM})
    db, tasks = there.given.db, Tasks()
    watched = (
        [Watched(_venue(there, name)) for name in NAMES] if controls else [Bare(_venue(there, NAMES[0]))]
    )
    venues: Any = {one.name: Guarded(one) if controls else one for one in watched}  # type: ignore[arg-type]
    first = venues[NAMES[0]]
    providers, gate = Providers(db, venues, first, SYSTEM), Gate(tuple(venues), first.name)
    async with providers.opened(), tasks.open():
        quotes = Quotes(db, there.market, gate, settings, SYSTEM)
        router = open_router(db, venues, tasks, providers, gate, settings=settings, clock=SYSTEM)
        accounts = Accounts(there.accounts)
        driving = Driving(open_driver(db, there.ledger, accounts, router, settings, clock=SYSTEM))
        conversions = Conversions(db, quotes, driving, tasks, gate=gate, clock=SYSTEM, settings=settings)  # type: ignore[arg-type]
        loop = Loop("payments-resume", settings.resume_every_s, conversions.resume)
        resuming = asyncio.create_task(supervise(loop, db)) if controls else None
        try:
            yield Wired(conversions, driving, watched)
        finally:
            await _ended([resuming] if resuming else [])


def _venue(there: World, name: str) -> Venue:
    settings = VenueSettings(stand_in(there.sandbox_url, name), timeout_ms=TIMEOUT_MS)
    if name == "kraken":
        settings = VenueSettings(settings.base_url, secret=KRAKEN_SECRET, timeout_ms=TIMEOUT_MS)
    return open_venue(name, settings)


async def _run(one: Running, opened: AsyncExitStack) -> None:
    """A service as a process runs it; of the market only what makes prices."""
    assert one.database is not None
    opened.push_async_callback(one.database.close)
    await one.bus.open()
    opened.push_async_callback(one.bus.close)
    opened.push_async_callback(one.cache.aclose)
    for resource in one.parts.resources:
        await opened.enter_async_context(resource())
    for protocol, target in one.parts.apis.items():
        await answering.serve(protocol, target, one.bus)
    loops = [Loop(f"{one.module.name}-relay", 0, Relay(one.database, one.bus).round)]
    loops += [
        loop for loop in one.parts.loops if one.module is not market_module or loop.name.startswith(FEEDS)
    ]
    _supervised(loops, one.database, opened)


async def _open(given: Given, opened: AsyncExitStack) -> None:
    """What payments has for itself, with the relay that tells its facts."""
    opened.push_async_callback(given.db.close)
    await given.bus.open()
    opened.push_async_callback(given.bus.close)
    opened.push_async_callback(given.cache.aclose)
    _supervised([Loop("payments-relay", 0, Relay(given.db, given.bus).round)], given.db, opened)


def _supervised(loops: Sequence[Loop], db: Database, opened: AsyncExitStack) -> None:
    tasks = [asyncio.create_task(supervise(loop, db)) for loop in loops]
    opened.push_async_callback(_ended, tasks)


async def _ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _sandbox() -> AsyncGenerator[str]:
    """The four exchanges, until the block ends."""
    port = free_port()
    url, ports = f"http://127.0.0.1:{port}", ("--port", str(port), "--smtp-port", str(free_port()))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "capitalino.sandbox", *ports)
    try:
        async with httpx.AsyncClient(trust_env=False) as web:
            while True:
                try:
                    await web.get(f"{url}/readyz")
                    break
                except httpx.TransportError:
                    assert process.returncode is None, "the sandbox has not started"
                    await asyncio.sleep(0.05)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def _until_priced(market: MarketPrices) -> None:
    """Wait until enough feeds agree on what is exchanged."""
    async with asyncio.timeout(PRICED_WITHIN_S):
        for base in ("BTC", "ETH"):
            while not await _is_priced(market, base):
                await asyncio.sleep(0.1)


async def _is_priced(market: MarketPrices, base: str) -> bool:
    try:
        await market.find_price(FindPrice(base=base, quote="EUR"))
    except AppError:
        return False
    return True
