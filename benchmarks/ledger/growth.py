"""How the cost of an entry and its bytes grow from 10,000 to 10,000,000 lines: `make bench-ledger-growth`.

Bulk entries of one posting between 10,000 accounts; the rate is that of the last 5,000 entries before each
mark, beside pgbench's TPC-B at that moment. Writes `docs/pictures/ledger-growth.svg`.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path

import asyncpg
import uvloop

from benchmarks.figures import ROOT, finish, say
from benchmarks.ledger import callers, peers, world
from benchmarks.servers import running
from capitalino.kit import migrations
from capitalino.services.ledger.tables import schema

PICTURE = ROOT / "docs" / "pictures" / "ledger-growth.svg"
LAST = 10_000
SIZES = """
select substring(c.relname from '^[a-z]+') as name, sum(pg_table_size(c.oid))::bigint as heap,
       sum(pg_indexes_size(c.oid))::bigint as indexes
  from pg_class c
 where c.relnamespace = 'ledger'::regnamespace and c.relkind = 'r' and c.relname ~ '^(entry|line|outbox)_'
 group by 1"""


def marks(most: int) -> list[int]:
    """Lines at which is measured: 1, 2 and 5 of each power of ten."""
    found = [step * 10**power for power in range(4, 8) for step in (1, 2, 5)]
    return [mark for mark in found if mark <= most]


async def post(there: world.World, entries: int) -> float:
    """So many entries; their rate."""
    begun, done = time.perf_counter(), 0

    async def caller() -> None:
        nonlocal done
        while done < entries:
            done += callers.BULK
            await callers.bulk(there.entries, range(world.SPREAD))

    await asyncio.gather(caller(), caller())
    return entries / (time.perf_counter() - begun)


async def main(options: argparse.Namespace) -> None:
    """Fill, measure at each mark, draw."""
    found = []
    async with running(world.MODULES) as servers:
        await migrations.upgrade(servers.postgres.url("ledger_owner"), schema)
        tpcb = await peers.prepare_tpcb(servers.postgres.admin_url)
        inside = await asyncpg.connect(servers.postgres.url("ledger_owner"))
        async with world.ledger(servers) as there:
            await world.open_accounts(there.accounts)
            lines = 0
            for mark in marks(options.lines):
                if (rest := (mark - lines) // 2 - LAST // 2) > 0:
                    await post(there, rest)
                rate = await post(there, min(LAST // 2, (mark - lines) // 2))
                lines = mark
                yard = await peers.tpcb(tpcb, 3)
                entries = await inside.fetchval("select count(*) from ledger.entry")
                bytes_ = {
                    row["name"]: [round(row["heap"] / entries), round(row["indexes"] / entries)]
                    for row in await inside.fetch(SIZES)
                }
                found.append(
                    {"lines": mark, "per_s": round(rate), "pgbench_tps": round(yard), "bytes": bytes_}
                )
                say(json.dumps(found[-1]))
        await inside.close()
    drawn = await asyncio.create_subprocess_exec(
        str(peers.PEERS), str(Path(__file__).with_name("draw.py")), json.dumps(found), str(PICTURE)
    )
    assert await drawn.wait() == 0, "the picture could not be drawn"
    finish("ledger-growth", {"marks": found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=10_000_000)
    uvloop.run(main(parser.parse_args()))
