"""How fast facts travel: committed to published, published to consumed, and how late at 2,000 a second.

    python -m benchmarks.facts

Real PostgreSQL (fsync on) and NATS, as `capitalino up` starts them. Emitter and relay are one process, the
hearer is another. The same run gives the limits under them: bare JetStream and bare inserts.
"""

import asyncio
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple, Self

import asyncpg
import uvloop
from sqlalchemy import text

from benchmarks.figures import finish, percentile, say
from benchmarks.servers import nothing, running
from capitalino.app.stack.services import Servers
from capitalino.kit import migrations
from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database, Schema
from capitalino.kit.ids import new_id
from capitalino.kit.inbox import Consumer, Feed
from capitalino.kit.loops import Loop, supervise
from capitalino.kit.message import Event
from capitalino.kit.module import Module
from capitalino.kit.outbox import Relay
from capitalino.kit.publish import FLOW, Publisher

FACTS = 20_000
BATCH = 500
RATE = 2_000
PACED_S = 10
TICK_S = 0.005
ROUNDS = 3


class Measured(Event):
    """A fact of the usual size."""

    subject: ClassVar[str] = "teller.measured.v1"

    number: int
    sent_at: datetime
    filling: str = "x" * 300


class Bare(Event):
    """What is published with nothing behind it."""

    subject: ClassVar[str] = "bare.published.v1"


TELLER = Schema("teller")
HEARER = Schema("hearer")


MODULES = (
    Module(name="teller", build=nothing, schema=TELLER, tells=(Measured,)),  # type: ignore[arg-type]
    Module(name="hearer", build=nothing, schema=HEARER, hears=(Measured,)),  # type: ignore[arg-type]
    Module(name="bare", build=nothing, tells=(Bare,)),  # type: ignore[arg-type]
)


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the servers are: PostgreSQL for the administrator, NATS for each of the two."""

    database: str
    teller: str
    hearer: str
    bare: str

    @classmethod
    def of(cls, servers: Servers) -> Self:
        """Those of the running servers."""
        nats = servers.nats
        return cls(servers.postgres.admin_url, nats.url("teller"), nats.url("hearer"), nats.url("bare"))


async def prepare(url: str) -> None:
    """Both schemas with the kit's tables, empty."""
    connection = await asyncpg.connect(url)
    scripts = sorted((path.name, path.read_text()) for path in migrations.KIT_SQL.iterdir())
    for schema in ("teller", "hearer"):
        await connection.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
        await connection.execute(f"set search_path to {schema}")
        for _, sql in scripts:
            await connection.execute(sql)
    await connection.execute(
        "create table hearer.heard (number bigint primary key, late_ms double precision)"
    )
    await connection.close()


async def hear(url: str, nats_url: str) -> None:
    """The hearer's process: handles everything that the teller tells."""
    db, bus = Database(url, HEARER), Bus(nats_url, "hearer")
    await bus.open()
    heard = text("insert into hearer.heard values (:number, :late_ms)")

    async def handle(tx: object, event: Measured) -> None:
        late_ms = (SYSTEM.now() - event.sent_at).total_seconds() * 1000
        await tx.conn.execute(heard, {"number": event.number, "late_ms": late_ms})  # type: ignore[attr-defined]

    feed = Feed(db, bus, "teller", [Consumer(Measured, handle)])
    await supervise(Loop("hearer", 0, feed.round), db)


async def emit(db: Database, first: int, count: int) -> None:
    """One transaction that tells so many facts."""
    async with db.begin() as tx:
        await tx.emit(*(Measured(number=n, sent_at=SYSTEM.now()) for n in range(first, first + count)))


async def until(db: Database, count: int) -> None:
    """Wait until so many were heard."""
    query = text("select count(*) from hearer.heard")
    while True:
        async with db.read() as tx:
            if (await tx.conn.execute(query)).scalar_one() >= count:
                return
        await asyncio.sleep(0.01)


class Row(NamedTuple):
    """What the relay reads of an outbox, made up."""

    event_id: str
    subject: str = Bare.subject
    book: str = "main"
    key: str = ""
    trace: str | None = None
    causation: str | None = None
    written_at: datetime = SYSTEM.now()
    payload: str = "x" * 450


async def bare_publish(url: str) -> float:
    """The limit under the relay: the same messages with no database behind them."""
    bus = Bus(url, "bare")
    await bus.open()
    publisher = Publisher(bus, "bare")
    rows = [Row(str(new_id())) for _ in range(FLOW)]
    begun = time.perf_counter()
    for at in range(0, FACTS, FLOW):
        await publisher.publish(rows, at)
    await bus.close()
    return FACTS / (time.perf_counter() - begun)


async def measure(urls: Urls) -> dict[str, float]:
    """One round."""
    await prepare(urls.database)
    bare = await bare_publish(urls.bare)
    db, bus = Database(urls.database, TELLER), Bus(urls.teller, "teller")
    await bus.open()
    begun = time.perf_counter()
    for first in range(0, FACTS, BATCH):
        await emit(db, first, BATCH)
    insert = FACTS / (time.perf_counter() - begun)
    relay = Relay(db, bus)
    begun = time.perf_counter()
    while await relay.publish_batch():
        pass
    relayed = FACTS / (time.perf_counter() - begun)
    hearer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.facts", "hear", urls.database, urls.hearer
    )
    try:
        await until(db, 1)
        begun = time.perf_counter()
        await until(db, FACTS)
        consumed = FACTS / (time.perf_counter() - begun)
        lags = await paced(db, relay)
    finally:
        hearer.kill()
        await hearer.wait()
        await bus.close()
        await db.close()
    return {
        "relay_per_s": relayed,
        "consume_per_s": consumed,
        "lag_p50_ms": percentile(lags, 0.5),
        "lag_p99_ms": percentile(lags, 0.99),
        "bare_publish_per_s": bare,
        "insert_per_s": insert,
    }


async def paced(db: Database, relay: Relay) -> list[float]:
    """2,000 facts a second for a while, each as late as it was when it was handled."""
    relaying = asyncio.create_task(supervise(Loop("relay", 0, relay.round), None))
    begun, sent = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < PACED_S:
        due = int(passed * RATE) - sent
        if due > 0:
            await emit(db, FACTS + sent, due)
            sent += due
        await asyncio.sleep(TICK_S)
    await until(db, FACTS + sent)
    relaying.cancel()
    query = text("select late_ms from hearer.heard where number >= :first")
    async with db.read() as tx:  # the first second warms up
        return list((await tx.conn.execute(query, {"first": FACTS + RATE})).scalars())


async def main() -> None:
    """Rounds, their medians, one line of JSON."""
    rounds = []
    async with running(MODULES) as servers:
        urls = Urls.of(servers)
        for number in range(ROUNDS):
            rounds.append(await measure(urls))
            say(
                f"round {number + 1}: "
                + "  ".join(f"{name} {value:,.0f}" for name, value in rounds[-1].items())
            )
    middle = {name: round(percentile([one[name] for one in rounds], 0.5), 1) for name in rounds[0]}
    say(f"relay at {middle['relay_per_s'] / middle['bare_publish_per_s']:.2f} of bare JetStream")
    finish("facts", middle)


if __name__ == "__main__":
    if sys.argv[1:2] == ["hear"]:
        uvloop.run(hear(*sys.argv[2:4]))
    else:
        uvloop.run(main())
