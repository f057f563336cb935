"""A real NATS with JetStream for the run. Every worker has its own account, emptied after each test."""

import json
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.aio.client import Client

from capitalino.kit.bus import Connection
from tests.support.keeper import Server, free_port, kept
from tests.support.run import WORKERS_MAX, Run

CONNECT_WITHIN_S = 5


def _plan(home: Path) -> Server:
    port = free_port()
    account = {"jetstream": "enabled"}
    accounts = {
        f"w{n}": {**account, "users": [{"user": f"w{n}", "password": "w"}]} for n in range(WORKERS_MAX)
    }
    config = {
        "listen": f"127.0.0.1:{port}",
        "jetstream": {"store_dir": str(home / "store"), "max_mem": 256 << 20, "max_file": 64 << 30},
        "accounts": accounts,
        "max_payload": 1 << 20,
    }
    (home / "nats.json").write_text(json.dumps(config))
    binary = Path(sysconfig.get_path("scripts")) / "nats-server"
    return Server(argv=[str(binary), "-c", str(home / "nats.json")], port=port)


@pytest.fixture(scope="session")
def nats_server(run: Run) -> str:
    """The URL of this worker's own account in the run's NATS. Its streams are not removed: see `nats_url`."""
    port = kept(run.folder / "nats", run.pid, _plan)
    return f"nats://w{run.worker}:w@127.0.0.1:{port}"


@pytest.fixture
async def nats_client(nats_server: str) -> AsyncIterator[Client]:
    """A client of a NATS without streams."""
    client = Connection()
    await client.connect(nats_server, connect_timeout=CONNECT_WITHIN_S, max_reconnect_attempts=1)
    yield client
    streams = client.jetstream()
    for stream in await streams.streams_info():
        await streams.delete_stream(stream.config.name or "")
    await client.close()


@pytest.fixture
def nats_url(nats_client: Client, nats_server: str) -> str:
    """The URL of a NATS without streams."""
    assert nats_client.is_connected
    return nats_server
