"""Callers in a process of their own, which ask over the bus: `… .bus URL CALLERS SECONDS`."""

import gc
import sys

import uvloop

from benchmarks.figures import say
from benchmarks.ledger.callers import closed_loop
from capitalino.app.process import GC_THRESHOLD
from capitalino.contracts.ledger.api import LedgerEntries
from capitalino.kit.bus import Bus
from capitalino.kit.rpc import Peer


async def main(url: str, callers: int, seconds: float) -> None:
    """Ask, and print how often."""
    bus = Bus(url, "payments")
    await bus.open()
    entries: LedgerEntries = Peer(LedgerEntries, bus, None)  # type: ignore[assignment]
    await closed_loop(entries, callers, 0.5)
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    say(f"{(await closed_loop(entries, callers, seconds)).per_s}")
    await bus.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
