"""What others do on the same server: pgbench's TPC-B, django-hordak, and pgledger when its SQL is given."""

import asyncio
import random
import re
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from capitalino.app.stack import binaries

SCALE = 50
CONNECTIONS = 20
PEERS = Path(sys.prefix) / "peers" / "bin" / "python"
"""A virtual environment of its own: `make bench-ledger` makes it from `benchmarks/requirements.lock`."""


async def new_database(admin_url: str, name: str) -> str:
    """An empty database; its URL."""
    admin = await asyncpg.connect(admin_url)
    await admin.execute(f"drop database if exists {name} with (force)")
    await admin.execute(f"create database {name}")
    await admin.close()
    return urlsplit(admin_url)._replace(path=f"/{name}").geturl()


async def settle(admin_url: str) -> None:
    """Write what is dirty, so that nobody pays for what was measured before."""
    admin = await asyncpg.connect(admin_url)
    await admin.execute("checkpoint")
    await admin.close()


async def pgbench(url: str, *arguments: str) -> str:
    """Run it; what it printed."""
    made = await asyncio.create_subprocess_exec(
        binaries.postgres("pgbench"), *arguments, url, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await made.communicate()
    assert made.returncode == 0, said.decode()
    return said.decode()


async def prepare_tpcb(admin_url: str) -> str:
    """pgbench's own tables."""
    url = await new_database(admin_url, "tpcb")
    await pgbench(url, "-i", "-q", "-s", str(SCALE))
    return url


async def tpcb(url: str, seconds: int) -> float:
    """Its transactions a second."""
    said = await pgbench(url, "-c", "16", "-j", "2", "-M", "prepared", "-T", str(seconds))
    return float(re.search(r"tps = ([\d.]+)", said)[1])  # type: ignore[index]


async def prepare_pgledger(admin_url: str, folder: Path) -> str:
    """pgledger with 50 accounts."""
    url = await new_database(admin_url, "pgledger")
    connection = await asyncpg.connect(url)
    ulid = folder / "vendor" / "scoville-pgsql-ulid"
    for path in (ulid / "ulid-to-uuid.sql", ulid / "uuid-to-ulid.sql", folder / "pgledger.sql"):
        await connection.execute(path.read_text())
    await connection.execute(
        "create table ids as select g as n, (pgledger_create_account('acct' || g, 'USD')).id as id "
        "from generate_series(1, 50) g"
    )
    await connection.close()
    return url


async def pgledger(url: str, accounts: int, callers: int, seconds: float) -> float:
    """Transfers a second. Its callers share as many connections as its own benchmark has workers."""
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    ids = [row["id"] for row in await pool.fetch("select id from ids order by n limit $1", accounts)]
    done, begun = 0, time.perf_counter()

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() - begun < seconds:
            source, destination = random.sample(ids, 2)
            await pool.fetchval(
                "select id from pgledger_create_transfer($1, $2, $3)", source, destination, 123
            )
            done += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    await pool.close()
    return done / (time.perf_counter() - begun)


async def hordak(url: str, seconds: float) -> float:
    """django-hordak's transfers a second, over one connection: it has no way to post many at once."""
    made = await asyncio.create_subprocess_exec(
        str(PEERS), "-m", "benchmarks.ledger.hordak", url, str(seconds), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await made.communicate()
    assert made.returncode == 0, "django-hordak could not run"
    return float(said)
