"""Forgetting everything: alone, after what was left has ended, and not silently by half."""

import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from capitalino.app.stack.down import forget
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.supervisor import STATE


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder with data in it, that nothing runs from."""
    made = Folder(tmp_path / "var")
    made.open(disk_min_bytes=1)
    made.close()
    for name in ("postgres", "replaced-20260101T000000Z/postgres", "fresh-20260101T000000Z", "backups/mine"):
        (made.root / name).mkdir(parents=True)
    (made.root / "demo.json").touch()
    return made


def test_all_is_forgotten_but_backups(folder: Folder) -> None:
    forget(folder)
    assert [path.name for path in folder.root.iterdir()] == ["backups"]
    forget(folder)


def test_nothing_is_forgotten_while_another_holds_the_folder(folder: Folder) -> None:
    holder = Folder(folder.root)
    holder.open(disk_min_bytes=1)
    with pytest.raises(CannotStart, match="running"):
        forget(folder)
    holder.close()
    assert (folder.root / "postgres").exists()


async def test_what_a_killed_run_has_left_is_ended_first(folder: Folder) -> None:
    orphan = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")
    created = psutil.Process(orphan.pid).create_time()
    folder.write(STATE, {"parts": {"postgres": {"pid": orphan.pid, "created": created, "program": "python"}}})
    await asyncio.to_thread(forget, folder)
    assert await asyncio.wait_for(orphan.wait(), 5) != 0


def test_what_cannot_be_deleted_is_said(folder: Folder) -> None:
    mount = folder.root / "documents"
    mount.symlink_to("/proc/self")  # a link is not followed: shutil refuses it, as it would a disk of its own
    with pytest.raises(CannotStart, match="documents stays"):
        forget(folder)
    assert not folder.is_in_use()
