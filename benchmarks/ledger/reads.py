"""Reading an account with many lines: a page of its statement, and its balance at a time."""

import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg

from benchmarks.figures import percentile
from benchmarks.ledger.world import address
from capitalino.contracts.ledger.api import LedgerEntries, PostEntries, PostEntry, Posting
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.services.ledger.domain import StatementFilter
from capitalino.services.ledger.service import Reading

TIMES = 1000
PAGE = 50
BULK = 1000


async def fill(entries: LedgerEntries, account: int, count: int, among: range) -> None:
    """So many lines on one account, by entries to others."""
    for _ in range(0, count, BULK):
        many = tuple(
            PostEntry(
                entry_id=new_id(),
                code="bench.post",
                postings=(
                    Posting(
                        source=address(account),
                        destination=address(random.choice(among)),
                        asset="EUR",
                        units=7,
                    ),
                ),
            )
            for _ in range(BULK)
        )
        await entries.post_entries(PostEntries(entries=many))


async def read(reading: Reading, url: str, account: int) -> tuple[float, float]:
    """p95 in ms of a page by chance and of the balance at an instant by chance."""
    there = await asyncpg.connect(url)
    lines, first, last = await there.fetchrow(
        "select count(*), min(l.recorded_at), max(l.recorded_at) from ledger.line l "
        "join ledger.account a using (account_id) where a.address = $1",
        address(account),
    )
    await there.close()

    async def page() -> None:
        before = random.randint(PAGE + 1, lines)
        shown, _, _ = await reading.statement(
            address(account), "EUR", Page(limit=PAGE, after=str(before)), only=StatementFilter()
        )
        assert len(shown) == PAGE

    async def at() -> None:
        instant: datetime = first + timedelta(seconds=random.random() * (last - first).total_seconds())
        await reading.balance_at(address(account), "EUR", instant)

    return await _p95(page), await _p95(at)


async def _p95(ask: Callable[[], Awaitable[None]]) -> float:
    times = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - begun)
    return percentile(times, 0.95) * 1000
