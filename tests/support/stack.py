"""The whole platform as `capitalino up` runs it, in a folder and at a port of its own, with parts to kill.

Ask for `platform` (both shapes, one after the other), or start a `Stack` of your own where a test breaks it.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import psutil
import pytest

Shape = Literal["one", "many"]
READY_WITHIN_S = 120
STOP_WITHIN_S = 20
WEB = Path(__file__).resolve().parents[2] / "web" / "dist"


@dataclass
class Stack:
    """A running platform."""

    folder: Path
    process: "subprocess.Popen[bytes]"
    shape: Shape
    said_before: int = 0
    """Bytes that an earlier start in this folder has printed."""

    @classmethod
    def start(cls, folder: Path, shape: Shape = "one", **environment: str) -> "Stack":
        """Start it and wait until every part is ready."""
        stack = cls.begin(folder, shape, **environment)
        stack.wait_ready()
        return stack

    @classmethod
    def begin(cls, folder: Path, shape: Shape = "one", **environment: str) -> "Stack":
        """Start it and don't wait."""
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "capitalino.app.cli", "up", "--port", "0", "--shape", shape]
        command += ["--var", str(folder / "var"), "--web", str(web(folder))]
        with (folder / "up.log").open("ab") as said:
            before = said.tell()
            process = subprocess.Popen(command, stdout=said, stderr=said, env={**untraced(), **environment})
        return cls(folder, process, shape, before)

    @property
    def var(self) -> Path:
        """Its data, secrets and logs."""
        return self.folder / "var"

    @property
    def said(self) -> str:
        """What `up` has printed so far."""
        return (self.folder / "up.log").read_bytes()[self.said_before :].decode(errors="replace")

    @property
    def state(self) -> dict[str, Any]:
        """The supervisor's own record; empty before there is one."""
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((self.var / "run" / "state.json").read_text())
            return found
        return {}

    @property
    def url(self) -> str:
        """The edge."""
        return str(self.state["url"])

    @property
    def tls_url(self) -> str:
        """The edge over TLS."""
        return str(self.state["tls_url"])

    @property
    def trust(self) -> ssl.SSLContext:
        """What a browser trusts that has taken the stack's own authority."""
        return ssl.create_default_context(cafile=str(self.var / "secrets" / "authority.crt"))

    @property
    def sandbox_url(self) -> str:
        """The sandbox, past the edge."""
        return f"http://{self.state['parts']['sandbox']['address']}"

    def address(self, part: str) -> str:
        """Where a part listens."""
        return str(self.state["parts"][self.part(part)]["address"])

    def postgres_url(self, role: str = "postgres") -> str:
        """The database `capitalino`, as the administrator or as another role."""
        passwords = json.loads((self.var / "secrets" / "passwords.json").read_text())
        password = passwords["postgres" if role == "postgres" else f"postgres:{role}"]
        return f"postgresql://{role}:{password}@{self.address('postgres')}/capitalino"

    def command(self, *words: str, within_s: float = 240) -> str:
        """What one of our commands has said; it ended well."""
        argv = [sys.executable, "-m", "capitalino.app.cli", *words, "--var", str(self.var)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=within_s, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def part(self, name: str) -> str:
        """A service's process: its own, or the one of all."""
        return name if name in self.state["parts"] else "services"

    def pid(self, name: str) -> int:
        """The process of a part, or of a service."""
        return int(self.state["parts"][self.part(name)]["pid"])

    def kill(self, name: str, by: signal.Signals = signal.SIGKILL) -> int:
        """Kill a part's process; its number. The supervisor starts it again."""
        pid = self.pid(name)
        os.kill(pid, by)
        return pid

    @contextmanager
    def down(self, name: str) -> Iterator[None]:
        """A part killed, and kept down inside the block."""
        held = self.var / "run" / "held" / self.part(name)
        held.parent.mkdir(exist_ok=True)
        held.touch()
        pid = self.kill(name)
        until(lambda: not runs(pid))
        try:
            yield
        finally:
            held.unlink()
            self.wait_restarted(name, pid)

    def wait_restarted(self, name: str, pid: int, within_s: float = 30) -> None:
        """Until another process stands in the place of a killed one."""
        until(lambda: self.state["parts"][self.part(name)]["pid"] not in {pid, None}, within_s)

    def wait_ready(self, within_s: float = READY_WITHIN_S) -> None:
        """Until every part is ready."""

        def ready() -> bool:
            assert self.process.poll() is None, f"it ended: {self.said}"
            return "Capitalino is ready" in self.said and self.is_ready()

        until(ready, within_s)

    def is_ready(self) -> bool:
        """What the edge says of all parts."""
        with suppress(httpx.HTTPError, KeyError):
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        return False

    def processes(self) -> list[psutil.Process]:
        """All that it runs."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        return self.process.wait(STOP_WITHIN_S)


def untraced() -> dict[str, str]:
    """The environment without coverage: what a platform runs is measured where its parts are tested."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def web(folder: Path) -> Path:
    """The built web app, or a page in its place where it is not built."""
    if (WEB / "index.html").exists():
        return WEB
    stub = folder / "web"
    stub.mkdir(exist_ok=True)
    (stub / "index.html").write_text("<!doctype html><title>Capitalino</title>")
    return stub


def until(true: Callable[[], bool], within_s: float = 30) -> None:
    """Wait for something that comes soon."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, f"not within {within_s} s"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """The process lives."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="session", params=["one", "many"])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole platform, for tests that break nothing: in one process, then in one for each service."""
    stack = Stack.start(tmp_path_factory.mktemp(f"platform-{request.param}"), request.param)
    yield stack
    assert stack.stop() == 0
