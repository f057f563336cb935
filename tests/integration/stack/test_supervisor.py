"""Children are started in order, started again when they die, and never left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from capitalino.app.stack import leftovers
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.part import Part
from capitalino.app.stack.supervisor import Plan, Supervisor
from tests.support.children import Quiet, child, said

WITHIN_S = 30


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that comes soon."""
    async with asyncio.timeout(WITHIN_S):
        while not true():  # it is in another process
            await asyncio.sleep(0.02)


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    """A supervisor without children."""
    made = Supervisor(Folder(tmp_path / "var"), Quiet())
    yield made
    await made.stop()


def pid_of(supervisor: Supervisor, name: str) -> int:
    """The process of a child, by the supervisor's own record."""
    pid = supervisor.folder.read("state.json")["parts"][name]["pid"]
    assert isinstance(pid, int)
    return pid


async def start(supervisor: Supervisor, *parts: Part) -> None:
    """Start these."""
    await supervisor.start(lambda: Plan(parts, "http://localhost", "one"))


async def test_what_is_needed_starts_first_and_stops_last(supervisor: Supervisor, tmp_path: Path) -> None:
    edge, service = child(tmp_path, "edge", "service"), child(tmp_path, "service", "database")
    await start(supervisor, edge, service, child(tmp_path, "database", slow_s=0.3))
    assert said(tmp_path) == ["database started", "service started", "edge started"]
    pids = [pid_of(supervisor, name) for name in ("edge", "service", "database")]
    await supervisor.stop()
    assert said(tmp_path)[3:] == ["edge stopped", "service stopped", "database stopped"]
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_parts_that_do_not_need_each_other_start_side_by_side(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    begun = asyncio.get_running_loop().time()
    await start(supervisor, *(child(tmp_path, f"part{n}", slow_s=1) for n in range(4)))
    assert asyncio.get_running_loop().time() - begun < 3


async def test_a_killed_child_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    await start(supervisor, child(tmp_path, "service"))
    first = pid_of(supervisor, "service")
    os.kill(first, signal.SIGKILL)
    await until(lambda: said(tmp_path).count("service started") == 2)
    assert pid_of(supervisor, "service") != first
    assert supervisor.folder.read("state.json")["parts"]["service"]["restarts"] == 1


async def test_a_killed_child_stays_down_while_it_is_held(supervisor: Supervisor, tmp_path: Path) -> None:
    await start(supervisor, child(tmp_path, "service"))
    held = supervisor.folder.run / "held" / "service"
    held.parent.mkdir()
    held.touch()
    os.kill(pid_of(supervisor, "service"), signal.SIGKILL)
    await asyncio.sleep(1)
    assert said(tmp_path) == ["service started"]
    held.unlink()
    await until(lambda: said(tmp_path).count("service started") == 2)


async def test_a_part_that_keeps_dying_is_reported_and_still_tried(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    died = ("/bin/sh", "-c", "sleep 0.05; echo out of luck; exit 1")
    await start(supervisor, Part("service", "Service", command=died, back_off_s=(0.01, 0.01)))
    await until(lambda: bool(supervisor.folder.read("state.json")["parts"]["service"]["troubled"]))
    assert "out of luck" in (supervisor.folder.log / "service.log").read_text()
    restarts = supervisor.folder.read("state.json")["parts"]["service"]["restarts"]
    await until(lambda: supervisor.folder.read("state.json")["parts"]["service"]["restarts"] > restarts)


async def test_a_restart_that_fails_is_tried_again(supervisor: Supervisor, tmp_path: Path) -> None:
    prepared = 0

    async def prepare() -> None:
        nonlocal prepared
        prepared += 1
        if prepared == 2:
            raise OSError("no space left")

    await start(supervisor, replace(child(tmp_path, "service"), prepare=prepare))
    os.kill(pid_of(supervisor, "service"), signal.SIGKILL)
    await until(lambda: said(tmp_path).count("service started") == 2)
    assert prepared == 3


async def test_a_part_that_cannot_start_takes_the_others_down_and_says_why(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    died = (sys.executable, "-c", "raise SystemExit('the disk is on fire')")
    broken = replace(child(tmp_path, "broken", "database"), command=died)
    with pytest.raises(CannotStart, match=r"Broken did not start: the disk is on fire \(see .*broken.log\)"):
        await start(supervisor, child(tmp_path, "database"), broken)
    assert said(tmp_path) == ["database started", "database stopped"]
    assert not supervisor.folder.is_in_use()


async def test_work_between_parts_is_done_in_its_place(supervisor: Supervisor, tmp_path: Path) -> None:
    async def migrate() -> None:
        with (tmp_path / "said").open("a") as file:
            file.write("migrated\n")

    migrations = Part("migrations", "Migrations", needs=("database",), settle=migrate)
    await start(supervisor, child(tmp_path, "service", "migrations"), migrations, child(tmp_path, "database"))
    assert said(tmp_path) == ["database started", "migrated", "service started"]


async def _killed_supervisor(home: Path) -> tuple[int, dict[str, int]]:
    """Start a supervisor in a process of its own; its pid and its children's."""
    command = [sys.executable, "-m", "tests.support.children", str(home)]
    process = await asyncio.create_subprocess_exec(*command)
    await until((home / "all-up").exists)
    parts = Folder(home / "var").read("state.json")["parts"]
    process.kill()
    await process.wait()
    return process.pid, {name: part["pid"] for name, part in parts.items()}


async def test_a_killed_supervisor_leaves_nothing_that_stops_the_next(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    _, pids = await _killed_supervisor(tmp_path)
    for file in ("said", "database", "service"):
        (tmp_path / file).unlink()
    await start(supervisor, child(tmp_path, "database"), child(tmp_path, "service", "database"))
    assert not any(_runs(pid) for pid in pids.values())
    assert said(tmp_path)[-2:] == ["database started", "service started"]


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent died"
)
async def test_children_hear_that_their_supervisor_was_killed(tmp_path: Path) -> None:
    _, pids = await _killed_supervisor(tmp_path)
    await until(lambda: not any(_runs(pid) for pid in pids.values()))


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_an_orphan_of_an_earlier_run_is_ended(tmp_path: Path) -> None:
    orphan = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")
    record = {"pid": orphan.pid, "created": psutil.Process(orphan.pid).create_time(), "program": "python"}
    assert await asyncio.to_thread(leftovers.end, [record]) == 1
    await orphan.wait()
    assert not _runs(orphan.pid)


async def test_another_process_with_the_number_of_an_old_child_is_left_alone() -> None:
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")
    created = psutil.Process(other.pid).create_time()
    assert leftovers.end([{"pid": other.pid, "created": created - 3600, "program": "python"}]) == 0
    assert leftovers.end([{"pid": other.pid, "created": created, "program": "postgres"}]) == 0
    assert other.returncode is None
    other.kill()
    await other.wait()


async def test_what_a_dead_leader_left_in_its_session_is_ended(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    worker = "import time; time.sleep(600)"
    begin = f"p = subprocess.Popen([sys.executable, '-c', {worker!r}])"
    leader = f"import subprocess, sys; {begin}; print(p.pid, flush=True); p.wait()"
    await start(supervisor, Part("edge", "Edge", command=(sys.executable, "-c", leader)))
    log = supervisor.folder.log / "edge.log"
    await until(lambda: bool(log.read_text().strip()))
    left = int(log.read_text().split()[0])
    os.kill(pid_of(supervisor, "edge"), signal.SIGKILL)
    await until(lambda: not _runs(left))
