"""A watcher outlives a full disk and a dead terminal, waits for a slow start, and ends in its time."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
import structlog

from capitalino.app.stack import child as children
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import LOG_MAX_BYTES, Folder
from capitalino.app.stack.part import Part
from capitalino.app.stack.plan import servers_of
from capitalino.app.stack.settings import StackSettings
from capitalino.app.stack.supervisor import STATE, Plan, Supervisor
from tests.support.children import Quiet, child, said
from tests.support.modules import MODULES

WITHIN_S = 15
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
STUBBORN = f"import signal, time; {DEAF}; print('up', flush=True); time.sleep(600)"


class Heard(Quiet):
    """What people are told."""

    def __init__(self) -> None:
        self.waits: list[tuple[str, str]] = []

    def part_waits(self, part: Part, reason: str) -> None:
        """Keep it."""
        self.waits.append((part.name, reason))


class Deaf:
    """A log whose reader is gone."""

    def __getattr__(self, name: str) -> Any:
        def say(*_: Any, **__: Any) -> None:
            raise BrokenPipeError

        return say


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    """One that looks after things often, and stops within three seconds."""
    made = Supervisor(Folder(tmp_path / "var"), Quiet(), stop_within_s=3, look_after_every_s=0.1)
    yield made
    await made.stop()


@pytest.fixture
def deaf() -> Iterator[None]:
    """Every line that is logged fails."""
    before = structlog.get_config()
    structlog.configure(logger_factory=lambda *_: Deaf())
    yield
    structlog.configure(**before)


async def until(true: Any) -> None:
    """Wait for something that comes soon."""
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.02)


async def start(supervisor: Supervisor, *parts: Part) -> None:
    """Start these."""
    await supervisor.start(lambda: Plan(parts, "http://localhost", "one"))


def pid_of(name: str) -> int:
    """The process of a child of ours, as the system knows it."""
    (found,) = [process.pid for process in psutil.Process().children() if name in process.cmdline()]
    return found


async def killed_often(home: Path) -> None:
    """Each time it is killed it comes again."""
    for times in (2, 3, 4):
        os.kill(pid_of("service"), signal.SIGKILL)
        await until(lambda times=times: said(home).count("service started") == times)


async def test_a_full_disk_ends_no_watching(supervisor: Supervisor, tmp_path: Path) -> None:
    await start(supervisor, replace(child(tmp_path, "service"), back_off_s=(0.01, 0.01)))
    full = supervisor.folder.run / f".{STATE}.{os.getpid()}"
    full.symlink_to("/dev/full")  # where the next state is written: no space left on device
    await killed_often(tmp_path)
    stale = supervisor.folder.read(STATE)["parts"]["service"]["pid"]
    full.unlink()
    await until(lambda: supervisor.folder.read(STATE)["parts"]["service"]["restarts"] == 3)
    assert supervisor.folder.read(STATE)["parts"]["service"]["pid"] == pid_of("service") != stale


@pytest.mark.usefixtures("deaf")
async def test_a_log_that_nobody_reads_ends_no_watching(supervisor: Supervisor, tmp_path: Path) -> None:
    await start(supervisor, replace(child(tmp_path, "service"), back_off_s=(0.01, 0.01)))
    await killed_often(tmp_path)


async def test_long_logs_are_put_aside_while_it_runs(supervisor: Supervisor, tmp_path: Path) -> None:
    await start(supervisor, child(tmp_path, "service"))
    log = supervisor.folder.log / "service.log"
    log.write_bytes(b"x" * (LOG_MAX_BYTES + 1))
    await until(lambda: log.stat().st_size == 0)
    assert log.with_suffix(".log.1").stat().st_size == LOG_MAX_BYTES + 1


async def test_it_stops_in_its_time_even_when_every_part_hangs(supervisor: Supervisor) -> None:
    command = (sys.executable, "-c", STUBBORN)
    names = ("database", "service", "edge")
    await start(
        supervisor, *(Part(name, name, needs=names[:n], command=command) for n, name in enumerate(names))
    )
    for name in names:
        await until(lambda name=name: "up" in (supervisor.folder.log / f"{name}.log").read_text())
    pids = [part["pid"] for part in supervisor.folder.read(STATE)["parts"].values()]
    async with asyncio.timeout(WITHIN_S):
        await supervisor.stop()
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_part_has_its_own_time_to_become_ready(supervisor: Supervisor, tmp_path: Path) -> None:
    slow = replace(child(tmp_path, "service", slow_s=60), ready_within_s=0.3)
    with pytest.raises(CannotStart, match="not ready after 0 s"):
        await start(supervisor, slow)


async def test_a_part_with_a_reason_may_take_longer_and_people_are_told(tmp_path: Path) -> None:
    heard = Heard()
    supervisor = Supervisor(Folder(tmp_path / "var"), heard)

    async def recovering() -> str | None:
        return "recovering"

    slow = child(tmp_path, "service", slow_s=children.ASK_WHY_EVERY_S * 4)
    await start(supervisor, replace(slow, ready_within_s=children.ASK_WHY_EVERY_S * 2, waits_for=recovering))
    assert heard.waits == [("service", "recovering")], "once"
    assert supervisor.folder.read(STATE)["parts"]["service"]["waits_for"] is None
    await supervisor.stop()


async def test_postgresql_is_waited_for_while_it_recovers(tmp_path: Path) -> None:
    folder, heard = Folder(tmp_path / "var"), Heard()
    folder.open(disk_min_bytes=1)
    folder.close()
    postgres = servers_of(folder, StackSettings()).postgres
    part = postgres.part(MODULES)
    # A standby that answers nobody says the same as a server after a crash, and for as long as we like.
    slow = replace(part, command=(*part.command, "-chot_standby=off"), ready_within_s=1.0)
    await slow.prepare()
    (postgres.data / "standby.signal").touch()
    supervisor = Supervisor(folder, heard)
    starting = asyncio.create_task(start(supervisor, slow))
    await until(lambda: heard.waits == [("postgres", "recovering")])
    await asyncio.sleep(2)
    assert not starting.done()
    with pytest.raises(asyncpg.CannotConnectNowError):
        await postgres.connect()
    (postgres.data / "promote").touch()
    os.kill(supervisor.folder.read(STATE)["parts"]["postgres"]["pid"], signal.SIGUSR1)
    async with asyncio.timeout(WITHIN_S):
        await starting
    await supervisor.stop()
