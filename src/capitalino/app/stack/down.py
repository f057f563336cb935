"""Stopping from another terminal, and forgetting everything."""

import shutil
import signal
import time
from pathlib import Path

from capitalino.app.stack import leftovers
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.supervisor import STATE
from capitalino.kit.clock import SYSTEM

WITHIN_S, LOOK_EVERY_S = 20.0, 0.05
FORGOTTEN = ("postgres", "nats", "sandbox", "documents", "demo.json", "secrets", "log", "run")


def down(folder: Folder) -> str:
    """Ask the supervisor to stop, and wait; without one, end what it has left behind. Says what was done."""
    state = folder.read(STATE) or {}
    supervisor = leftovers.alive({"pid": state.get("pid"), "created": state.get("created", 0)})
    if supervisor is not None and folder.is_in_use():
        supervisor.send_signal(signal.SIGTERM)
        until = SYSTEM.monotonic() + WITHIN_S
        while (
            folder.is_in_use()
        ):  # its lock: a process that nobody has asked after stays in the table as a zombie
            if SYSTEM.monotonic() > until:
                raise CannotStart(f"Process {supervisor.pid} did not stop within {WITHIN_S:.0f} s.")
            time.sleep(LOOK_EVERY_S)
        return "Stopped."
    ended = leftovers.end(list(state.get("parts", {}).values()))
    if state:
        folder.forget(STATE)
    return (
        f"It had been killed; {ended} processes that it left were ended."
        if ended
        else "Nothing runs from here."
    )


def forget(folder: Folder) -> None:
    """Delete all data, secrets and logs, also what restores have put aside. Backups stay."""
    if folder.is_in_use():
        raise CannotStart("It is running: stop it first with `capitalino down`.")
    folder.open(disk_min_bytes=0)  # holds the lock, so that nothing starts in what is being deleted
    try:
        leftovers.end(list((folder.read(STATE) or {}).get("parts", {}).values()))
        for path in _forgotten(folder):
            _delete(path)
    finally:
        folder.close()


def _forgotten(folder: Folder) -> list[Path]:
    """What there is to delete; `run`, where the lock lies, comes last."""
    aside = [path for pattern in ("replaced-*", "fresh-*") for path in sorted(folder.root.glob(pattern))]
    return [*aside, *(path for name in FORGOTTEN if (path := folder.root / name).exists())]


def _delete(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        what, why = error.filename or path, error.strerror or error
        raise CannotStart(f"Not all is forgotten: {what} stays ({why}).") from error
