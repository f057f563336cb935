"""One platform in one process for a whole run, shared by its workers, for tests that break nothing."""

import sys
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.keeper import Server, free_port, kept
from tests.support.run import Run
from tests.support.stack import READY_WITHIN_S, STOP_WITHIN_S, Stack, web

# Its tests register more people than one address may, and ask more than one person may in a minute.
LIMITS = (
    "ENTRIES_A_SECOND",
    "AUTH_REGISTRATIONS_AN_HOUR",
    "READS_A_MINUTE",
    "WRITES_A_MINUTE",
    "MONEY_A_MINUTE",
)
TOLD = (*(f"CAPITALINO_{name}=1000000" for name in LIMITS), "TLS_PORT=0")
UNTRACED = ("env", "-u", "COVERAGE_PROCESS_CONFIG", "-u", "COVERAGE_PROCESS_START")
READY = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)"


def _plan(home: Path) -> Server:
    port = free_port()
    argv = [*UNTRACED, *TOLD, sys.executable, "-m", "capitalino.app.cli", "up"]
    argv += ["--port", str(port), "--shape", "one", "--var", str(home / "var"), "--web", str(web(home))]
    probe = [sys.executable, "-c", READY, f"http://127.0.0.1:{port}/readyz"]
    return Server(
        argv=argv, port=port, probe=probe, start_within_s=READY_WITHIN_S, stop_within_s=STOP_WITHIN_S
    )


@pytest.fixture(scope="session")
def running(run: Run) -> Stack:
    """The platform: started by the first worker that asks for it, stopped by the end of the run."""
    home = run.folder / "shared-stack"
    kept(home, run.pid, _plan)
    return Stack(home, cast("Any", None), "one")
