"""The folder that a stack lives in: data, secrets, logs, ports, and a lock against a second stack."""

import fcntl
import json
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.ports import free_port

DISK_MIN_BYTES = 1 << 30
LOG_MAX_BYTES = 10 << 20
LOGS_KEPT = 3


class Folder:
    """Everything below one `var/`. Secrets are readable by their owner only."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.run = self.root / "run"
        self.log = self.root / "log"
        self.secrets = self.root / "secrets"
        self._lock: int | None = None

    def open(self, *, disk_min_bytes: int = DISK_MIN_BYTES) -> None:
        """Make what is missing and take the lock. Refuses a folder that is read-only, full or in use."""
        try:
            for folder, mode in (
                (self.root, 0o755),
                (self.run, 0o700),
                (self.log, 0o755),
                (self.secrets, 0o700),
            ):
                folder.mkdir(parents=True, exist_ok=True)
                if folder != self.root:
                    folder.chmod(mode)
            self._lock = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            probe = self.run / "probe"
            probe.write_text("may we write here?")
            probe.unlink()
        except OSError as error:
            raise CannotStart(
                f"Cannot write to {self.root} ({error.strerror}): make it writable, or name another by --var."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(self._who_is_running()) from None
        if shutil.disk_usage(self.root).free < disk_min_bytes:
            raise CannotStart(
                f"Less than {disk_min_bytes >> 20} MiB are free on the disk of {self.root}: make room first."
            )

    def _who_is_running(self) -> str:
        state = self.read("state.json") or {}
        where = f" at {state['url']}" if "url" in state else ""
        pid = f" (process {state['pid']})" if "pid" in state else ""
        return f"Capitalino is already running from {self.root}{pid}{where}: stop it with `capitalino down`."

    def close(self) -> None:
        """Let the next one in."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_in_use(self) -> bool:
        """A stack runs from here (found by its lock, which no crash can leave behind)."""
        try:
            probe = os.open(self.run / "lock", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(probe)
        return False

    def read(self, name: str) -> Any:
        """A JSON file of `run/`, or None."""
        with suppress(OSError, ValueError):
            return json.loads((self.run / name).read_text())
        return None

    def write(self, name: str, value: Any) -> None:
        """Replace a JSON file of `run/` in one step, so that readers see the old or the new one."""
        replace(self.run / name, json.dumps(value, indent=1))

    def forget(self, name: str) -> None:
        """Remove a file of `run/`."""
        (self.run / name).unlink(missing_ok=True)

    def port(self, name: str) -> int:
        """The port of an inner server: the one that it had before, while nobody else sits on it.

        Whoever only looks at a running stack (doctor, backup) finds it taken, by the server itself.
        """
        ports = self.read("ports.json") or {}
        if self._lock is None and name in ports:
            return int(ports[name])
        port = free_port(ports.get(name), avoid=set(ports.values()))
        if port != ports.get(name):
            self.write("ports.json", {**ports, name: port})
        return port

    def password(self, name: str) -> str:
        """A password made once, kept in `secrets/passwords.json`."""
        path = self.secrets / "passwords.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if name not in known:
            known[name] = secrets.token_urlsafe(24)
            replace(path, json.dumps(known, indent=1))
        return known[name]

    def secret(self, name: str, value: str) -> None:
        """One setting of a service, as the file that `CAPITALINO_SECRETS_DIR` is read from."""
        replace(self.secrets / name.lower(), value)

    def rotated_log(self, part: str) -> Path:
        """Where a part logs; a long file is put aside first."""
        path = self.log / f"{part}.log"
        if _is_long(path):
            _make_room(path)
            path.replace(path.with_suffix(".log.1"))
        return path

    def rotate_logs(self) -> None:
        """Put long logs aside while they are written: copied and emptied, because writers keep them open.

        All writers append, so they go on at the new end. A line that comes in between may be lost.
        """
        for path in self.log.glob("*.log"):
            if _is_long(path):
                _make_room(path)
                try:
                    shutil.copyfile(path, path.with_suffix(".log.1"))
                except (
                    OSError
                ):  # a full disk stops the database: then the old lines are worth less than the room
                    path.with_suffix(".log.1").unlink(missing_ok=True)
                os.truncate(path, 0)


def _is_long(path: Path) -> bool:
    return path.exists() and path.stat().st_size > LOG_MAX_BYTES


def _make_room(path: Path) -> None:
    """Number the older ones on; the oldest goes."""
    for old in range(LOGS_KEPT - 1, 0, -1):
        with suppress(FileNotFoundError):
            path.with_suffix(f".log.{old}").replace(path.with_suffix(f".log.{old + 1}"))


def replace(path: Path, text: str) -> None:
    """Write a file of ours (0600) so that no reader and no crash sees half of it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)
