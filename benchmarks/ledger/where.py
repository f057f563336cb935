"""Where the time of a command goes: processor time by process, and how long both cores were idle.

python -m benchmarks.ledger.where [--seconds 5 --rounds 3]
"""

import argparse
import statistics
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import psutil
import uvloop

from benchmarks.figures import finish, say
from benchmarks.ledger import callers, peers, world
from benchmarks.servers import running
from capitalino.kit import migrations
from capitalino.services.ledger.tables import schema

HOT = range(world.HOT[0], world.HOT[-1] + 1)
LOADS: dict[str, dict[str, Any]] = {
    "64": {"callers": 64},
    "512": {"callers": 512},
    "hot": {"callers": 64, "among": HOT},
    "bulk": {"callers": 2, "step": callers.bulk},
    "bulk_hot": {"callers": 2, "step": callers.bulk, "among": HOT},
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Seconds of processor time by program, and of idling, since the machine's start."""

    by: Counter[str]
    idle: float
    total: float

    @classmethod
    def now(cls) -> "Seen":
        """Of this process, its children, and the machine."""
        us = psutil.Process()
        by: Counter[str] = Counter()
        for process in (us, *us.children(recursive=True)):
            times = process.cpu_times()
            by["python" if process == us else process.name()] += times.user + times.system
        machine = psutil.cpu_times()
        idle = machine.idle + machine.iowait
        by["others"] = sum(machine) - idle - sum(by.values())
        return cls(by, idle, sum(machine))


async def watched(load: Callable[[], Awaitable[callers.Figures]], seconds: float) -> dict[str, float]:
    """Microseconds a command by program, the share of idling, and the rate."""
    before = Seen.now()
    per_s = (await load()).per_s
    after = Seen.now()
    commands = per_s * seconds
    spent = {name: (after.by[name] - before.by[name]) / commands * 1e6 for name in after.by}
    idle = (after.idle - before.idle) / (after.total - before.total)
    found = {name: round(us, 1) for name, us in spent.items()}
    return found | {"idle": round(idle, 3), "per_s": round(per_s)}


async def main(options: argparse.Namespace) -> None:
    """Every load in turn; medians."""
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in LOADS}
    async with running(world.MODULES) as servers:
        await migrations.upgrade(servers.postgres.url("ledger_owner"), schema)
        async with world.ledger(servers) as there:
            await world.open_accounts(there.accounts)
            await callers.closed_loop(there.entries, 64, 1.0)
            for _ in range(options.rounds):
                for name, how in LOADS.items():
                    await peers.settle(servers.postgres.admin_url)
                    load = callers.closed_loop(there.entries, seconds=options.seconds, **how)
                    rounds[name].append(await watched(lambda load=load: load, options.seconds))
                    say(f"{name}: {rounds[name][-1]}")
    finish("ledger-where", {name: middle(found) for name, found in rounds.items()})


def middle(found: list[dict[str, float]]) -> dict[str, float]:
    """Of each figure."""
    return {name: statistics.median(one.get(name, 0.0) for one in found) for name in found[-1]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5, help="how long each load is kept up")
    parser.add_argument("--rounds", type=int, default=3)
    uvloop.run(main(parser.parse_args()))
