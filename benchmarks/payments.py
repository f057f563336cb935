"""Conversions at exchanges that fail: how many go through with all controls off, and with all of them on.

    make bench-payments [SEED=7] [ARGS="--intents 1000"]

Real PostgreSQL and NATS, the real ledger and market, and four exchanges in a process of their own that fail
by chance of the seed (`payments_mix.py`). The same intents are ordered three times:

- without faults, all controls on, a quarter of them: what a conversion takes when nothing is wrong;
- with faults, all controls on: four exchanges behind circuits, the router, look-ups, and `resume` until
  nothing is left waiting, which is the janitor;
- with the same faults, all controls off: one exchange, asked once and never looked up. Here an intent has
  succeeded if it was settled by its first order at the first try.

Then everything is compared from outside: each order that the exchanges have executed with the one that is
booked, what we have at each of them with the books, and each investor's money with their quote. Success is in
percent; latencies are to the settlement, each held against that of the same intent without faults.
"""

import argparse
import asyncio
import gc
import logging as standard_logging
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import asyncpg
import uvloop

from benchmarks.figures import finish, percentile, say
from benchmarks.payments_checks import Inspection, Intent, Outcome
from benchmarks.payments_mix import Faulty
from benchmarks.payments_report import Ran, added_ms, tell_faults, tell_outcomes, tell_run, tell_verdict
from benchmarks.payments_world import MODULES, Wired, World, payments, world
from benchmarks.servers import running
from capitalino.app.process import GC_THRESHOLD
from capitalino.contracts.ledger.api import Account, OpenAccounts, PostEntries, PostEntry, Posting
from capitalino.kit import logging
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.idempotency import Key
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import cash
from capitalino.services.payments.service.conversions import Order

INTENTS = 1000
WORKERS = 8
WARM_UP = 16
CLEAN_EVERY = 4
"""A quarter of them is enough for what a conversion takes without faults."""
LARGE = 0.03
"""So many are larger than the first level of any book."""
WORTH = {"BTC": ("0.0100", "0.3000", "10"), "ETH": ("0.500", "15.000", "600"), "EUR": ("80", "2500", "80000")}
"""Of what leaves: the least, the usual most, and what is large."""
PAIRS = (("BTC", "EUR"), ("EUR", "BTC"), ("ETH", "EUR"), ("EUR", "ETH"))
FUNDS = "world:benchmark"
SETTLED_WITHIN_S = 120
ASK_AGAIN_S = (0.5, 1.0, 2.0)
WANTED_ON = 99.9
AT_ONCE = 100


def drawn(seed: int, count: int) -> list[Intent]:
    """What is wanted, by chance of the seed; whoever wants it is new in each run."""
    chance, found = random.Random(seed), []
    for number in range(count):
        pair = PAIRS[chance.randrange(len(PAIRS))]
        least, most, large = WORTH[pair[0]]
        places = len(least.partition(".")[2])
        amount = f"{chance.uniform(float(least), float(most)):.{places}f}"
        found.append(Intent(number, new_id(), pair, large if chance.random() < LARGE else amount))
    return found


async def fund(there: World, intents: Sequence[Intent]) -> None:
    """Give everybody exactly what they want to exchange."""
    sources = tuple(Account(address=FUNDS, asset=asset, floor=None) for asset in WORTH)
    await there.accounts.open_accounts(OpenAccounts(accounts=sources))
    for first in range(0, len(intents), AT_ONCE):
        some = intents[first : first + AT_ONCE]
        accounts = tuple(Account(address=cash(one.investor_id), asset=one.pair[0]) for one in some)
        await there.accounts.open_accounts(OpenAccounts(accounts=accounts))
        answered = await there.ledger.post_entries(PostEntries(entries=tuple(_given(one) for one in some)))
        assert all(one.state == "accepted" for one in answered.outcomes)


def _given(one: Intent) -> PostEntry:
    posting = Posting(source=FUNDS, destination=cash(one.investor_id), asset=one.pair[0], units=one.units)
    return PostEntry(entry_id=new_id(), code="deposit", postings=(posting,))


async def run(
    there: World,
    inspection: Inspection,
    asked: argparse.Namespace,
    *,
    faults: bool,
    controls: bool,
    every: int = 1,
) -> tuple[Sequence[Intent], Ran]:
    """All intents once, or every so many, to their end where controls are on."""
    intents, warming = drawn(asked.seed, asked.intents)[::every], drawn(asked.seed + 1, WARM_UP)
    await fund(there, intents)
    await fund(there, warming)
    faulty, ran = Faulty(there.sandbox_url), Ran()
    await faulty.heal()
    async with payments(there, controls=controls) as wired:
        await _order_all(wired, warming, Ran(), is_patient=controls)
        if faults:
            await faulty.sow(asked.seed)
        before, begun = Counter((await faulty.state())["calls"]), time.perf_counter()
        await _order_all(wired, intents, ran, is_patient=controls)
        if controls:
            await _until_ended(inspection, intents)
        ran.seconds = time.perf_counter() - begun
        ran.calls = Counter((await faulty.state())["calls"]) - before
        await faulty.heal()
        ran.outcomes = await inspection.outcomes(intents)
        ran.went = {
            one.number: _went(wired, ran.outcomes.get(one.number), controls=controls) for one in intents
        }
    return intents, ran


async def _order_all(wired: Wired, intents: Sequence[Intent], ran: Ran, *, is_patient: bool) -> None:
    waiting = iter(intents)
    await asyncio.gather(*(_order_some(wired, waiting, ran, is_patient=is_patient) for _ in range(WORKERS)))


async def _order_some(wired: Wired, waiting: Iterator[Intent], ran: Ran, *, is_patient: bool) -> None:
    """One investor after the other. Who is told that it is not possible now asks again, with the same key."""
    for one in waiting:
        ran.begun[one.number] = time.time()
        key, order = (
            Key(one.investor_id, "conversion", "bench", None),
            Order(pair=one.pair, amount=one.amount),
        )
        for pause_s in (0.0, *(ASK_AGAIN_S if is_patient else ())):
            await asyncio.sleep(pause_s)
            try:
                await wired.conversions.convert(one.investor_id, key, order)
                break
            except AppError as refusal:
                if refusal.kind is not Kind.UNAVAILABLE:
                    raise


async def _until_ended(inspection: Inspection, intents: Sequence[Intent]) -> None:
    """Wait for the janitor."""
    ends_at = time.monotonic() + SETTLED_WITHIN_S
    while await inspection.waiting(intents) and time.monotonic() < ends_at:
        await asyncio.sleep(0.2)


def _went(wired: Wired, outcome: Outcome | None, *, controls: bool) -> str:
    """Which control it was that saved it, if any."""
    if outcome is None:
        return "not taken in"
    if not outcome.is_settled:
        return f"{outcome.row['state']}: {outcome.row['reason'] or 'nobody takes it up'}"
    resumed = wired.driving.times[outcome.row["conversion_id"]] > 1
    anew = any(one["state"] != "filled" for one in outcome.orders)
    if anew and not controls:
        return "only by a second order"
    if anew:
        return "anew" if resumed else "other"
    unclear = any(wired.told(one["client_order_id"]) != "answered" for one in outcome.orders)
    if resumed:
        return "found" if unclear else "waited"
    return "looked_up" if unclear else "answered"


async def measure(there: World, asked: argparse.Namespace) -> bool:
    """Three runs, what they show, and whether that is what is wanted."""
    connection = await asyncpg.connect(there.database_url)
    inspection = Inspection(connection, Faulty(there.sandbox_url))
    few, clean = await run(there, inspection, asked, faults=False, controls=True, every=CLEAN_EVERY)
    tell_run("without faults", clean, len(few))
    intents, on = await run(there, inspection, asked, faults=True, controls=True)
    tell_run("faults, controls on", on, asked.intents)
    verdict = await inspection.judge(intents, on.outcomes)
    _, off = await run(there, inspection, asked, faults=True, controls=False)
    tell_run("faults, controls off", off, asked.intents)
    await connection.close()
    tell_faults(asked.seed, {"off": off, "on": on})
    tell_outcomes({"off": off, "on": on})
    tell_verdict(verdict, off)
    added = added_ms(clean, on)
    shown = "  ".join(f"p{part * 100:g} {percentile(added, part):,.0f} ms" for part in (0.5, 0.95, 0.99))
    say(f"on: settled later than without faults by {shown}")
    figures = {
        "seed": asked.seed,
        "intents": asked.intents,
        "success_off": off.share(asked.intents),
        "success_on": on.share(asked.intents),
        "double_spends": len(verdict.double_spends),
        "lost": len(verdict.lost),
        "stuck_holds": verdict.stuck_holds,
        "invariants_broken": len(verdict.broken),
        "added_p95_ms": round(percentile(added, 0.95), 1),
    }
    names = ("double_spends", "lost", "stuck_holds", "invariants_broken")
    reached = figures["success_on"] >= WANTED_ON and not any(figures[name] for name in names)
    say(f"at least {WANTED_ON} % and nothing wrong are wanted: {'reached' if reached else 'MISSED'}")
    finish("payments", figures)
    return reached


async def main(asked: argparse.Namespace) -> bool:
    """Servers, and the runs on them."""
    logging.configure("bench", level="error", stream=sys.stderr)
    standard_logging.getLogger("asyncio").setLevel(standard_logging.CRITICAL)
    async with running(MODULES) as servers, world(servers) as there:
        gc.collect()
        gc.freeze()  # as a process does that serves
        gc.set_threshold(*GC_THRESHOLD)
        return await measure(there, asked)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="of the intents and of all faults")
    parser.add_argument("--intents", type=int, default=INTENTS)
    sys.exit(0 if uvloop.run(main(parser.parse_args())) else 1)
