"""One test run: its folder, shared by all its workers, and the process whose end is the run's end."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

WORKERS_MAX = 32
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of this run alone is made in it
ENOUGH_BYTES = 4 << 30


@dataclass(frozen=True)
class Run:
    """What the workers of one run share. `worker` counts from 0, and is 0 without xdist."""

    folder: Path
    pid: int
    worker: int


@pytest.fixture(scope="session")
def run(testrun_uid: str, worker_id: str) -> Run:
    """This run."""
    alone = worker_id == "master"
    return Run(
        folder=_fastest_folder() / f"capitalino-{testrun_uid[:12]}",
        pid=os.getpid() if alone else os.getppid(),
        worker=0 if alone else int(worker_id.removeprefix("gw")),
    )


def _fastest_folder() -> Path:
    """Memory, where there is enough: making a database is to copy a thousand small files."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())
