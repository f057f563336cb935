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
from capitalino.app.stack.tell import tell
from capitalino.kit.clock import Clock

log = structlog.get_logger()
POLL_S = 0.05
ASK_WHY_EVERY_S = 0.5
CALM_S = 60.0
"""Alive for this long, a child is forgiven its earlier deaths."""
DEATHS_MAX = 10
STOP_WITHIN_S = 8.0
GONE_WITHIN_S = 0.5
"""A killed process is gone at once, unless the kernel itself waits for a disk."""
PR_SET_PDEATHSIG = 1


class Child:
    """Runs a part's command until told to stop. `changed` is called when there is something new to note."""

    def __init__(self, part: Part, log_path: Path, clock: Clock, changed: Callable[[], None]) -> None:
        self.part = part
        self.log_path = log_path
        self.restarts = 0
        self.troubled = False
        self.waits_for: str | None = None
        """Why it takes longer to become ready, in a word for people."""
        self._clock = clock
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._created = 0.0
        self._deaths: deque[float] = deque(maxlen=DEATHS_MAX)
        self._stop = asyncio.Event()
        self._wait_s = part.back_off_s[0]

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
            "waits_for": self.waits_for,
            "address": self.part.address,
            "title": self.part.title,
            "stop_signal": int(self.part.stop_signal),
        }

    async def start(self) -> None:
        """Start it and wait until it is ready; its last words are the refusal when it dies instead."""
        await self._spawn()
        process = self._process
        assert process is not None
        asked = self._clock.monotonic()
        until = asked + self.part.ready_within_s
        while not await self._is_ready():
            now = self._clock.monotonic()
            if process.returncode is not None:
                raise CannotStart(
                    f"{self.part.title} did not start: {self.last_words()} (see {self.log_path})"
                )
            if now - asked >= ASK_WHY_EVERY_S:
                asked = now
                until = now + self.part.ready_within_s if await self._has_reason() else until
            if now > until:
                raise CannotStart(
                    f"{self.part.title} is not ready after {self.part.ready_within_s:.0f} s; "
                    f"see {self.log_path}"
                )
            await asyncio.sleep(POLL_S)
        if self.waits_for is not None:
            self._waits(None)

    async def _has_reason(self) -> bool:
        """Whether it may take longer, because of something that ends by itself."""
        reason = await self.part.waits_for()
        if reason != self.waits_for:
            self._waits(reason)
        return reason is not None

    def _waits(self, reason: str | None) -> None:
        self.waits_for = reason
        self._changed()

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
        """Start it again whenever it dies, until told to stop. Whatever goes wrong with that, it goes on."""
        while not self._stop.is_set():
            try:
                await self._once(is_held)
            except Exception as error:  # noqa: BLE001  # a watcher outlives whatever goes wrong
                tell(log.warning, "part.not_started", part=self.part.name, error=str(error))
                await self._pause(POLL_S)  # then as if it had died at once: tried again a little later

    async def _once(self, is_held: Callable[[str], bool]) -> None:
        """Wait for its death and start it again, after a pause that grows from one death to the next."""
        process, born = self._process, self._clock.monotonic()
        assert process is not None
        code = await process.wait()
        self._end_group()
        if self._stop.is_set():
            return
        first, longest = self.part.back_off_s
        if self._clock.monotonic() - born > CALM_S:
            self._wait_s, self.troubled = first, False
        self._died(code)
        wait, self._wait_s = self._wait_s, min(self._wait_s * 2, longest)
        await self._pause(wait)
        while is_held(self.part.name) and not self._stop.is_set():
            await self._pause(POLL_S)
        if self._stop.is_set():
            return
        await self._spawn()
        self.restarts += 1
        self._changed()

    async def _pause(self, seconds: float) -> None:
        """Wait, unless it is to stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _died(self, code: int) -> None:
        now = self._clock.monotonic()
        self._deaths.append(now)
        tell(log.warning, "part.died", part=self.part.name, code=code, restarts=self.restarts)
        if len(self._deaths) == DEATHS_MAX and now - self._deaths[0] < CALM_S and not self.troubled:
            self.troubled = True
            last, where = self.last_words(), str(self.log_path)
            tell(log.error, "part.keeps_dying", part=self.part.name, last_words=last, log=where)
        self._changed()

    async def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Ask it to end, and end it when it does not within its time."""
        self._stop.set()
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(self.part.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), within_s)
            except TimeoutError:
                tell(log.warning, "part.did_not_stop", part=self.part.name, within_s=round(within_s, 1))
                with suppress(ProcessLookupError):
                    process.kill()
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), GONE_WITHIN_S)
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
