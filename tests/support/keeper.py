"""Keeps one real server for one test run: starts it, waits until the run ends or is killed, clears up."""

import ctypes
import fcntl
import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

START_WITHIN_S = 30
STOP_WITHIN_S = 5
_keepers: list[subprocess.Popen[bytes]] = []  # held, because a Popen that is collected while running warns


@dataclass(frozen=True)
class Server:
    """How to start a server, to see that it is ready (by default: its port answers), to stop it."""

    argv: list[str]
    port: int
    probe: list[str] = field(default_factory=list)
    user: str | None = None
    stop: int = signal.SIGTERM
    start_within_s: float = START_WITHIN_S
    stop_within_s: float = STOP_WITHIN_S


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One worker of the run at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def kept(home: Path, run_pid: int, plan: Callable[[Path], Server]) -> int:
    """The port of the server that lives in `home`: the first who asks starts it; it ends with `run_pid`."""
    ready = home / "ready"
    with locked(home.with_suffix(".lock")):
        if not ready.exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            server = plan(home)
            order = json.dumps({"home": str(home), "run_pid": run_pid, "server": asdict(server)})
            with (home / "log").open("wb") as log:
                keeper = subprocess.Popen(
                    [sys.executable, __file__, order],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            _keepers.append(keeper)
            _wait(ready.exists, lambda: keeper.poll() is None, home / "log", server.start_within_s)
        return int(ready.read_text())


def _wait(is_done: Callable[[], bool], may_still: Callable[[], bool], log: Path, within_s: float) -> None:
    last = time.monotonic() + within_s
    while not is_done():
        if time.monotonic() > last or not may_still():
            raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
        time.sleep(0.01)


def _die_with_parent() -> None:
    """Ask Linux to end the server when its keeper is killed; elsewhere only the keeper's own care is left."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)


def _answers(server: Server) -> bool:
    if server.probe:
        return subprocess.run(server.probe, check=False, stdout=subprocess.DEVNULL).returncode == 0
    with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1):
        return True
    return False


def _is_over(pid: int, wait_s: float) -> bool:
    """Whether the run has ended; waits at most `wait_s` for it."""
    try:
        if not hasattr(os, "pidfd_open"):
            time.sleep(wait_s)
            os.kill(pid, 0)
            return False
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], wait_s)[0])
    finally:
        os.close(watched)


def keep(home: Path, run_pid: int, server: Server) -> None:
    """Start the server, say that it is ready, and stay until the run is over."""
    child = subprocess.Popen(
        server.argv,
        cwd=home,
        user=server.user,
        group=pwd.getpwnam(server.user).pw_gid if server.user else None,
        extra_groups=[] if server.user else None,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - the keeper has one thread
    )
    try:
        _wait(lambda: _answers(server), lambda: child.poll() is None, home / "log", server.start_within_s)
        (home / "ready.part").write_text(str(server.port))
        (home / "ready.part").rename(home / "ready")
        while child.poll() is None and not _is_over(run_pid, 1):
            pass
    finally:
        child.send_signal(server.stop)
        with suppress(subprocess.TimeoutExpired):
            child.wait(server.stop_within_s)
        child.kill()
        child.wait()
        if _is_over(run_pid, 0):
            shutil.rmtree(home, ignore_errors=True)
            home.with_suffix(".lock").unlink(missing_ok=True)
            with suppress(OSError):
                home.parent.rmdir()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    given = json.loads(sys.argv[1])
    keep(Path(given["home"]), given["run_pid"], Server(**given["server"]))
