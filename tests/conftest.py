"""What every test has: the support fixtures, and a guard that nothing talks to another machine."""

import os
import sys
from typing import Any

from hypothesis import settings

pytest_plugins = (
    "tests.support.run",
    "tests.support.clock",
    "tests.support.database",
    "tests.support.valkey",
    "tests.support.nats",
    "tests.support.stack",
    "tests.support.facts",
)
WORKERS_A_CORE = 2
HERE = {"127.0.0.1", "::1", "localhost", "", b"127.0.0.1", b"localhost", None}


def _stay_here(event: str, args: tuple[Any, ...]) -> None:
    """Refuse what would leave this machine: names to look up and addresses to connect to or to listen on."""
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in {"socket.connect", "socket.bind"} and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if host not in HERE:
        raise RuntimeError(f"tests talk to 127.0.0.1 only, not to {host}")


def pytest_xdist_auto_num_workers() -> int:
    """More than cores: half of a worker's time is waiting for servers and processes that it has started."""
    return WORKERS_A_CORE * (os.cpu_count() or 1)


# CAPITALINO_PROFILE=full is the full run's. No deadline: other jobs may slow a single example.
settings.register_profile("small", max_examples=50, deadline=None)
settings.register_profile("full", max_examples=250, deadline=None)
settings.load_profile(os.environ.get("CAPITALINO_PROFILE") or "small")
sys.addaudithook(_stay_here)
