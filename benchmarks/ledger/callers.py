"""Callers of the ledger's contract, in a closed loop and in an open one."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.figures import percentile
from benchmarks.ledger.world import SPREAD, address
from capitalino.contracts.ledger.api import (
    CaptureHold,
    HoldUnits,
    LedgerEntries,
    PostEntries,
    PostEntry,
    Posting,
)
from capitalino.kit.ids import new_id

Step = Callable[[LedgerEntries, range], Awaitable[int]]
PAUSE_S = 0.0005
BULK = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """Commands a second, and how long each took."""

    per_s: float
    p50_ms: float
    p99_ms: float


def posting(among: range) -> Posting:
    """A movement between two accounts by chance."""
    source = among[int(random.random() * len(among))]
    destination = among[(source - among.start + 1 + int(random.random() * (len(among) - 1))) % len(among)]
    return Posting(source=address(source), destination=address(destination), asset="EUR", units=123)


async def post(entries: LedgerEntries, among: range) -> int:
    """One entry of one posting."""
    await entries.post_entry(PostEntry(entry_id=new_id(), code="bench.post", postings=(posting(among),)))
    return 1


async def hold_and_capture(entries: LedgerEntries, among: range) -> int:
    """Two commands."""
    hold = HoldUnits(entry_id=new_id(), code="bench.hold", postings=(posting(among),))
    await entries.hold_units(hold)
    await entries.capture_hold(CaptureHold(entry_id=new_id(), hold_id=hold.entry_id, code="bench.capture"))
    return 2


async def bulk(entries: LedgerEntries, among: range) -> int:
    """A thousand entries of one posting in one command."""
    many = [PostEntry(entry_id=new_id(), code="bench.post", postings=(posting(among),)) for _ in range(BULK)]
    answer = await entries.post_entries(PostEntries(entries=tuple(many)))
    assert answer.outcomes[-1].state == "accepted"
    return BULK


async def closed_loop(
    entries: LedgerEntries, callers: int, seconds: float, *, among: range = range(SPREAD), step: Step = post
) -> Figures:
    """Each caller waits for its answer before it asks again."""
    times: list[float] = []
    done = 0
    begun = time.perf_counter()

    async def caller() -> None:
        nonlocal done
        while (asked := time.perf_counter()) - begun < seconds:
            commands = await step(entries, among)
            done += commands
            times.append(time.perf_counter() - asked)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return _figures(done / (time.perf_counter() - begun), times)


async def open_loop(entries: LedgerEntries, per_s: float, seconds: float) -> Figures:
    """Single commands that come by chance at a mean rate, whatever the answers take."""
    times: list[float] = []
    running: set[asyncio.Task[None]] = set()

    async def one() -> None:
        asked = time.perf_counter()
        await post(entries, range(SPREAD))
        times.append(time.perf_counter() - asked)

    at = time.perf_counter()
    end = at + seconds
    while at < end:
        at += random.expovariate(per_s)
        if (left := at - time.perf_counter()) > PAUSE_S:
            await asyncio.sleep(left)
        elif len(running) % 16 == 0:
            await asyncio.sleep(0)
        task = asyncio.create_task(one())
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    return _figures(len(times) / seconds, times)


def _figures(per_s: float, times: list[float]) -> Figures:
    return Figures(per_s, percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000)
