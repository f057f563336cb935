"""How fast prices travel: from four exchanges with fifty pairs each to the price that everybody is told.

    python -m benchmarks.market [--seconds 20] [--rate 4]

The exchanges are a process of their own on loopback that speaks their protocols; the market's own adapters
read them and its own loops judge and publish, with real PostgreSQL and NATS; this process hears the prices.
How late is a price after the newest tick in it, with the least pause between two signals? The limit under it,
in the same run: ccxt's bare clients read the same and do nothing with it. Ticks that come faster than they
are read are passed over for newer ones: what is counted was taken.
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from functools import partial
from typing import Any, cast

import asyncpg
import httpx
import uvloop

from benchmarks.exchanges import COUNT, EXCHANGES, FIRST, PAIRS, STEP, due
from benchmarks.figures import finish, percentile, say
from benchmarks.servers import nothing, running
from capitalino.app.stack.services import Servers
from capitalino.kit import migrations
from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database
from capitalino.kit.loops import supervise
from capitalino.kit.module import Given, Module
from capitalino.kit.settings import Shared
from capitalino.services.market.adapters.venues import venues
from capitalino.services.market.module import module as market
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.live import Live
from capitalino.services.market.settings import MarketSettings
from capitalino.services.market.tables import schema
from capitalino.venues import (
    VenueSettings,
    binance_client,
    coinbase_client,
    kraken_client,
    okx_client,
    stand_in,
)
from capitalino.venues.port import Pair
from tests.support.keeper import free_port

RATE = 4.0
PAUSE_S = 0.05
"""Shorter than what lies between two ticks of an instrument at this rate, so that few have to wait."""
WARM_UP_S = 2.0
EAR = Module(name="ear", build=nothing, listens=("market.price.>", "market.tick.>"))  # type: ignore[arg-type]
NUMBERS = {f"{pair.base}/{pair.quote}": number for number, pair in enumerate(PAIRS)}


class Ear:
    """Hears ticks and prices. Both are told in order: the last tick that was heard is in the next price."""

    def __init__(self, begun: float, rate: float) -> None:
        self._begun, self._rate = begun, rate
        self._told_at: dict[str, float] = {}
        self.late_ms: list[float] = []
        self.prices = 0

    async def hear(self, subject: str, payload: dict[str, Any]) -> None:
        """Measure."""
        now, instrument = time.time(), payload["instrument"]
        if subject.startswith("market.tick."):
            step = int((Decimal(payload["bid"]) + STEP / 2 - FIRST) / STEP)
            self._told_at[instrument] = due(
                payload["source"], NUMBERS[instrument], step, self._begun, self._rate
            )
        else:
            self.prices += 1
            self.late_ms.append((now - self._told_at[instrument]) * 1000)


async def prepare(url: str) -> None:
    """The market's schema, with our pairs at all four."""
    await migrations.upgrade(url, schema)
    connection = await asyncpg.connect(url)
    await connection.execute("update market.instrument set is_open = false")
    for pair in PAIRS:
        code = f"{pair.base}/{pair.quote}"
        await connection.execute("insert into market.asset values ($1, 'crypto', 8, $1)", pair.base)
        await connection.execute(
            "insert into market.instrument values ($1, $2, $3, true)", code, pair.base, pair.quote
        )
        for venue in EXCHANGES:
            await connection.execute(
                "insert into market.listing values ($1, $2, 0.001, 0.001, 1)", venue, code
            )
    await connection.close()


@asynccontextmanager
async def telling(begun: float, rate: float) -> AsyncGenerator[str]:
    """The four exchanges, until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("-m", "benchmarks.exchanges", str(port), str(begun), str(rate))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    try:
        async with httpx.AsyncClient(trust_env=False) as web:
            while True:
                try:
                    await web.get(url)
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield url
    finally:
        process.kill()
        await process.wait()


async def counted(count: Callable[[], int], seconds: float) -> dict[str, float]:
    """Wait until it counts, let it warm up, and measure for a while."""
    while not count():
        await asyncio.sleep(0.05)
    await asyncio.sleep(WARM_UP_S)
    first, begun, cpu = count(), time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    passed = time.perf_counter() - begun
    return {
        "ticks_per_s": (count() - first) / passed,
        "cpu_percent": (time.process_time() - cpu) / passed * 100,
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def read(database: str, nats: str, url: str, seconds: float) -> dict[str, float]:
    """The market's process: its own feeds and loops."""
    db, bus = Database(database, schema), Bus(nats, "market")
    await bus.open()
    settings = MarketSettings(signal_pause_s=PAUSE_S)
    given = Given(bus, cast("Any", None), SYSTEM, Shared(venues_url=url), settings, lambda _: None, db)
    catalogue = Catalogue(db, settings.venues)
    await catalogue.read()
    live = Live(given, catalogue, venues(given, settings), settings)
    async with AsyncExitStack() as opened:
        opened.push_async_callback(db.close)
        opened.push_async_callback(bus.close)
        for resource_of in live.resources:
            await opened.enter_async_context(resource_of())
        tasks = [asyncio.ensure_future(supervise(loop, db)) for loop in live.loops]

        def ticks() -> int:
            each = [feed.pulse.beat(0).ticks for feed in live.each]
            return sum(each) if all(each) else 0

        try:
            return await counted(ticks, seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def read_bare(url: str, seconds: float) -> dict[str, float]:
    """ccxt's clients alone: messages that they have read and parsed."""
    told: dict[str, int] = dict.fromkeys(EXCHANGES, 0)
    clients = [await _bare_client(name, VenueSettings(stand_in(url, name)), told) for name in EXCHANGES]
    tasks = [asyncio.ensure_future(_again_and_again(call)) for _, call in clients]
    try:
        return await counted(lambda: sum(told.values()) if all(told.values()) else 0, seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client, _ in clients:
            await client.close()


async def _again_and_again(call: Callable[[], Any]) -> None:
    while True:
        await call()


async def _bare_client(
    name: str, settings: VenueSettings, told: dict[str, int]
) -> tuple[Any, Callable[[], Any]]:
    """A client that knows the pairs, and the call that waits for the next ticker."""
    made = {
        "binance": binance_client,
        "kraken": kraken_client,
        "okx": okx_client,
        "coinbase": coinbase_client,
    }[name]
    client = made.open_client(settings)
    names = [f"{pair.base}/{pair.quote}" for pair in PAIRS]
    handle = client.handle_message

    def counting(*message: Any) -> Any:
        told[name] += 1
        return handle(*message)

    client.handle_message = counting
    if name == "binance":
        found = (await client.public_get_exchangeinfo())["symbols"]
        client.set_markets([client.parse_market(row) for row in found])
        return client, partial(client.watch_tickers, names, {"name": "ticker"})
    if name == "kraken":
        client.set_markets([kraken_client.market(Pair(pair.base, pair.quote)) for pair in PAIRS])
        return client, partial(client.watch_tickers, names, {"event_trigger": "bbo"})
    if name == "okx":
        found = (await client.public_get_public_instruments({"instType": "SPOT"}))["data"]
        client.set_markets([client.parse_market(row) for row in found])
        return client, partial(client.watch_tickers, client.symbols)
    found = (await client.v3_public_get_brokerage_market_products({}))["products"]
    client.set_markets([client.parse_spot_market(row, {}) for row in found])
    return client, partial(client.subscribe_multiple, "ticker", isPrivate=False, symbols=names)


async def child(*arguments: str) -> dict[str, float]:
    """Another process of this file, and what it says at its end."""
    out = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.market", *arguments, stdout=out
    )
    said, _ = await process.communicate()
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


async def run(servers: Servers, seconds: float, rate: float) -> dict[str, float]:
    """The market, and then bare ccxt, with the same ticks."""
    begun = time.time()
    ear, bus = Ear(begun, rate), Bus(servers.nats.url("ear"), "ear")
    await bus.open()
    for subject in EAR.listens:
        await bus.listen(subject, ear.hear)
    async with telling(begun, rate) as url:
        whole = await child("read", servers.postgres.admin_url, servers.nats.url("market"), url, str(seconds))
        await bus.close()
        bare = await child("bare", url, str(seconds))
    late_ms = ear.late_ms[int(len(ear.late_ms) * WARM_UP_S / (WARM_UP_S + seconds)) :]
    for title, one in (("market", whole), ("bare ccxt", bare)):
        say(f"{title}: " + "  ".join(f"{name} {one[name]:,.1f}" for name in SHOWN))
    middle, last = (percentile(late_ms, part) for part in (0.5, 0.99))
    say(f"{ear.prices:,} prices, late: p50 {middle:.1f} ms, p99 {last:.1f} ms")
    return {
        "sent_per_s": rate * COUNT * len(EXCHANGES),
        "ticks_per_s": round(whole["ticks_per_s"]),
        "tick_p50_ms": round(middle, 1),
        "tick_p99_ms": round(last, 1),
        "cpu_percent": round(whole["cpu_percent"], 1),
        "rss_mib": round(whole["rss_mib"]),
        "bare_ticks_per_s": round(bare["ticks_per_s"]),
        "bare_cpu_percent": round(bare["cpu_percent"], 1),
    }


SHOWN = ("ticks_per_s", "cpu_percent", "rss_mib")


async def main(seconds: float, rate: float) -> None:
    """Servers, a run, and its line of JSON."""
    async with running((market, EAR)) as servers:
        await prepare(servers.postgres.admin_url)
        say(f"{len(EXCHANGES)} exchanges x {COUNT} pairs, {os.cpu_count()} processors")
        finish("market", await run(servers, seconds, rate))


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        database, nats, url, seconds = sys.argv[2:6]
        sys.stdout.write(json.dumps(uvloop.run(read(database, nats, url, float(seconds)))) + "\n")
    elif sys.argv[1:2] == ["bare"]:
        sys.stdout.write(json.dumps(uvloop.run(read_bare(sys.argv[2], float(sys.argv[3])))) + "\n")
    else:
        parser = argparse.ArgumentParser(prog="python -m benchmarks.market")
        parser.add_argument("--seconds", type=float, default=20.0, help="how long each part is measured")
        parser.add_argument(
            "--rate", type=float, default=RATE, help="ticks a second of each pair at each exchange"
        )
        asked = parser.parse_args()
        uvloop.run(main(asked.seconds, asked.rate))
