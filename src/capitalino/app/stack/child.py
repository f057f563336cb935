"""One child process: started, watched, restarted when it dies, and stopped with all that it has started."""

import asyncio
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import structlog

from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.part import Part
from capitalino.app.stack.settings import child_environment
from capitalino.kit.clock import Clock

log = structlog.get_logger()
READY_WITHIN_S = 60.0
POLL_S = 0.05
CALM_S = 60.0
"""Alive for this long, a child is forgiven its earlier deaths."""
DEATHS_MAX = 10
STOP_WITHIN_S = 8.0
PR_SET_PDEATHSIG = 1


class Child:
    """Runs a part's command until told to stop. `changed` is called whenever its process is another one."""

    def __init__(self, part: Part, log_path: Path, clock: Clock, changed: Callable[[], None]) -> None:
        self.part = part
        self.log_path = log_path
        self.restarts = 0
        self.troubled = False
        self._clock = clock
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._created = 0.0
        self._deaths: deque[float] = deque(maxlen=DEATHS_MAX)
        self._stop = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process is not None else None

    def record(self) -> dict[str, Any]:
        """What the next start needs in order to recognise it, and what `status` shows."""
        return {
            "pid": self.pid,
            "created": self._created,
            "program": Path(self.part.program).name,
            "restarts": self.restarts,
            "troubled": self.troubled,
            "address": self.part.address,
            "title": self.part.title,
            "stop_signal": int(self.part.stop_signal),
        }

    async def start(self) -> None:
        """Start it and wait until it is ready; its last words are the refusal when it dies instead."""
        await self._spawn()
        process = self._process
        assert process is not None
        until = self._clock.monotonic() + READY_WITHIN_S
        while not await self._is_ready():
            if process.returncode is not None:
                raise CannotStart(
                    f"{self.part.title} did not start: {self.last_words()} (see {self.log_path})"
                )
            if self._clock.monotonic() > until:
                raise CannotStart(
                    f"{self.part.title} is not ready after {READY_WITHIN_S:.0f} s; see {self.log_path}"
                )
            await asyncio.sleep(POLL_S)

    async def _is_ready(self) -> bool:
        return self.part.ready is None or await self.part.ready()

    async def _spawn(self) -> None:
        await self.part.prepare()
        with self.log_path.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**child_environment(), **self.part.environment},
                start_new_session=True,  # a Ctrl-C in the terminal is ours to hand on, in the right order
                preexec_fn=None if self.part.changes_user else dies_with_parent(self.part.stop_signal),
            )
        with suppress(psutil.NoSuchProcess):
            self._created = psutil.Process(self._process.pid).create_time()
        self._changed()

    async def watch(self, is_held: Callable[[str], bool]) -> None:
        """Start it again whenever it dies, each time a little later. Returns when it was told to stop."""
        first, longest = self.part.back_off_s
        wait = first
        while self._process is not None:
            born = self._clock.monotonic()
            code = await self._process.wait()
            self._end_group()
            if self._stop.is_set():
                return
            if self._clock.monotonic() - born > CALM_S:
                wait, self.troubled = first, False
            self._died(code)
            await self._pause(wait)
            wait = min(wait * 2, longest)
            while is_held(self.part.name) and not self._stop.is_set():
                await self._pause(POLL_S)
            if self._stop.is_set():
                return
            try:
                await self._spawn()
            except (OSError, CannotStart) as error:
                log.warning("part.not_started", part=self.part.name, error=str(error))
                continue  # as if it had died at once: tried again a little later
            self.restarts += 1
            self._changed()

    async def _pause(self, seconds: float) -> None:
        """Wait, unless it is to stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _died(self, code: int) -> None:
        now = self._clock.monotonic()
        self._deaths.append(now)
        log.warning("part.died", part=self.part.name, code=code, restarts=self.restarts)
        if len(self._deaths) == DEATHS_MAX and now - self._deaths[0] < CALM_S and not self.troubled:
            self.troubled = True
            log.error(
                "part.keeps_dying", part=self.part.name, last_words=self.last_words(), log=str(self.log_path)
            )
        self._changed()

    async def stop(self) -> None:
        """Ask it to end, and end it when it does not within its time."""
        self._stop.set()
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(self.part.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
            except TimeoutError:
                log.warning("part.did_not_stop", part=self.part.name, within_s=STOP_WITHIN_S)
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        self._end_group()

    def _end_group(self) -> None:
        """What a dead leader leaves behind (nginx's workers keep its port) goes too."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def last_words(self) -> str:
        """The last line of its log."""
        with suppress(OSError):
            lines = [line.strip() for line in self.log_path.read_text(errors="replace")[-4000:].splitlines()]
            said = [line for line in lines if line]
            return said[-1][:300] if said else "it said nothing"
        return "it said nothing"


def dies_with_parent(told_by: signal.Signals) -> Callable[[], None] | None:
    """On Linux: make the kernel tell the child when we die, however we die."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(told_by), 0, 0, 0)
        if os.getppid() != parent:  # we died in between
            os._exit(1)

    return arrange
