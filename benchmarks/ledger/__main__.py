"""The ledger beside pgbench, django-hordak and pgledger, on one PostgreSQL with fsync on.

    make bench-ledger [PGLEDGER=<folder with its SQL>] [ARGS="--seconds 5 --rounds 3 --lines 1000000"]

Every round measures the yardsticks and ours one after the other, and ratios are taken within a round: the
machine's speed drifts. The ledger runs as a process runs it, with its relay; callers go through the contract.
"""

import argparse
import asyncio
import os
import statistics
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from benchmarks.figures import finish, say
from benchmarks.ledger import callers, peers, reads, world
from benchmarks.servers import running
from capitalino.app.stack.services import Servers
from capitalino.kit import migrations
from capitalino.kit.db import Database
from capitalino.services.ledger.service import Reading
from capitalino.services.ledger.tables import schema

LONG, SHORT = 1_000_000, 10_000
RATIOS = {
    "contract_per_s": 2.5,
    "contract_512_per_s": 4.0,
    "contract_bus_per_s": 1.5,
    "bulk_postings_per_s": 4.5,
    "bulk_hot_postings_per_s": 7.0,
}
"""Times pgbench's TPC-B, in the same round."""
Round = dict[str, float]
Measured = TypeVar("Measured")


class Yard:
    """The yardsticks, prepared."""

    def __init__(self, admin: str, tpcb: str, hordak: str, pgledger: str | None) -> None:
        self.admin, self.tpcb, self.hordak, self.pgledger = admin, tpcb, hordak, pgledger

    @classmethod
    async def prepared(cls, servers: Servers, folder: Path | None) -> "Yard":
        """Their databases on the same server."""
        admin = servers.postgres.admin_url
        pgledger = await peers.prepare_pgledger(admin, folder) if folder else None
        return cls(
            admin, await peers.prepare_tpcb(admin), await peers.new_database(admin, "hordak"), pgledger
        )

    async def measure(self, seconds: float) -> Round:
        """One round of theirs."""
        found = {"pgbench_tps": await self.after_settling(peers.tpcb(self.tpcb, int(seconds)))}
        if self.pgledger:
            spread, hot = (peers.pgledger(self.pgledger, accounts, 64, seconds) for accounts in (50, 2))
            found["pgledger_per_s"] = await self.after_settling(spread)
            found["pgledger_hot_per_s"] = await self.after_settling(hot)
        return found

    async def after_settling(self, measured: Awaitable[Measured]) -> Measured:
        """What it found, begun on a server that has nothing else to do."""
        await peers.settle(self.admin)
        return await measured


async def ours(there: world.World, yard: Yard, bus_url: str, seconds: float) -> Round:
    """One round of ours."""
    hot = range(*world.HOT[:1], world.HOT[-1] + 1)

    async def loop(number: int, **how: Any) -> callers.Figures:
        return await yard.after_settling(callers.closed_loop(there.entries, number, seconds, **how))

    full, many = await loop(64), await loop(512)
    single = await yard.after_settling(callers.open_loop(there.entries, full.per_s / 2, seconds))
    return {
        "contract_per_s": full.per_s,
        "contract_p99_ms": full.p99_ms,
        "contract_512_per_s": many.per_s,
        "contract_512_p99_ms": many.p99_ms,
        "contract_bus_per_s": await yard.after_settling(over_the_bus(bus_url, 64, seconds)),
        "contract_bus_512_per_s": await yard.after_settling(over_the_bus(bus_url, 512, seconds)),
        "contract_hot_per_s": (await loop(64, among=hot)).per_s,
        "bulk_postings_per_s": (await loop(2, step=callers.bulk)).per_s,
        "bulk_hot_postings_per_s": (await loop(2, among=hot, step=callers.bulk)).per_s,
        "holds_per_s": (await loop(64, step=callers.hold_and_capture)).per_s,
        "single_p50_ms": single.p50_ms,
        "single_p99_ms": single.p99_ms,
    }


async def over_the_bus(url: str, number: int, seconds: float) -> float:
    """The same from another process."""
    command = (sys.executable, "-m", "benchmarks.ledger.bus", url, str(number), str(seconds))
    made = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await made.communicate()
    return float(said)


async def long_accounts(there: world.World, url: str, lines: int) -> Round:
    """Reading an account of 10,000 lines and one of a million."""
    database = Database(url, schema)
    found: Round = {}
    for name, account, count in (("10k", *_long(0, SHORT)), ("1m", *_long(1, lines))):
        await reads.fill(there.entries, account, count, range(world.SPREAD // 2))
        page, at = await reads.read(Reading(database), url, account)
        found |= {f"page_p95_ms_{name}": page, f"balance_at_p95_ms_{name}": at}
    await database.close()
    return found


def _long(number: int, count: int) -> tuple[int, int]:
    return world.SPREAD - 1 - number, count


def tell(rounds: list[Round], middle: Round) -> None:
    """The table: medians, and ratios within rounds."""
    say(f"\n{'figure':28} {'median':>10}  x pgbench  x pgledger  x pgledger hot")
    for name, value in middle.items():
        cells = [f"{name:28} {value:10,.1f}"]
        for yard in ("pgbench_tps", "pgledger_per_s", "pgledger_hot_per_s"):
            is_rate = name.endswith("_per_s") and name in rounds[0] and yard in rounds[0]
            cells.append(
                f"{statistics.median(r[name] / r[yard] for r in rounds):10.2f}" if is_rate else " " * 10
            )
        say(" ".join(cells))
    for name, wanted in RATIOS.items():
        ratio = statistics.median(one[name] / one["pgbench_tps"] for one in rounds)
        say(f"{name} is {ratio:.2f} x pgbench, wanted {wanted}: {'reached' if ratio >= wanted else 'MISSED'}")


async def main(options: argparse.Namespace) -> None:
    """Rounds, their medians, one line of JSON."""
    folder = os.environ.get("PGLEDGER")
    rounds: list[Round] = []
    async with running(world.MODULES) as servers:
        await migrations.upgrade(servers.postgres.url("ledger_owner"), schema)
        yard = await Yard.prepared(servers, Path(folder) if folder else None)
        hordak = await peers.hordak(yard.hordak, options.seconds)
        async with world.ledger(servers) as there:
            await world.open_accounts(there.accounts)
            await callers.closed_loop(there.entries, 64, 1.0)  # plans are made, WAL files are there
            for number in range(options.rounds):
                theirs = await yard.measure(options.seconds)
                found = theirs | await ours(there, yard, servers.nats.url("payments"), options.seconds)
                again = await yard.after_settling(peers.tpcb(yard.tpcb, int(options.seconds)))
                found["pgbench_tps"] = (found["pgbench_tps"] + again) / 2
                rounds.append(found)
                say(f"round {number + 1}: " + "  ".join(f"{n} {v:,.1f}" for n, v in found.items()))
            long = await long_accounts(there, servers.postgres.url("ledger_app"), options.lines)
    middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    tell(rounds, middle | {"hordak_per_s": hordak} | long)
    nothing: dict[str, Any] = {"pgledger_per_s": None, "pgledger_hot_per_s": None}
    rounded = {name: round(value, 2) for name, value in (middle | long | {"hordak_per_s": hordak}).items()}
    finish("ledger", nothing | rounded)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5, help="how long each figure is taken")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lines", type=int, default=LONG, help="of the long account")
    uvloop.run(main(parser.parse_args()))
