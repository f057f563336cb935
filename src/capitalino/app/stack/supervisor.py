"""Starts parts in order and side by side, keeps them running, and stops them the other way round."""

import asyncio
import shutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import psutil
import structlog

from capitalino.app.stack import leftovers, moves
from capitalino.app.stack.child import Child
from capitalino.app.stack.errors import CannotStart
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.part import Part, in_order
from capitalino.app.stack.tell import tell
from capitalino.kit.clock import SYSTEM, Clock

log = structlog.get_logger()
STATE = "state.json"
HELD = "held"
STOP_WITHIN_S = 7.0
"""All of it: who presses Ctrl-C waits for ten seconds at most, our own end included, whatever hangs."""
STOP_LEAST_S = 0.5
LOOK_AFTER_EVERY_S = 60.0


class Progress(Protocol):
    """Who is told how the start goes."""

    def part_ready(self, part: Part, seconds: float) -> None:
        """One part is up."""
        ...

    def part_waits(self, part: Part, reason: str) -> None:
        """One part takes longer, and why."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run, and how it is met from outside."""

    parts: tuple[Part, ...]
    url: str
    shape: str
    tls_url: str = ""


class Supervisor:
    """All that runs from one folder. `start`, then `stop`; in between, dead children are started again."""

    def __init__(
        self,
        folder: Folder,
        progress: Progress,
        clock: Clock = SYSTEM,
        *,
        stop_within_s: float = STOP_WITHIN_S,
        look_after_every_s: float = LOOK_AFTER_EVERY_S,
    ) -> None:
        self.folder = folder
        self._progress, self._clock = progress, clock
        self._stop_within_s, self._look_after_every_s = stop_within_s, look_after_every_s
        self._children: dict[str, Child] = {}
        self._watching: list[asyncio.Task[None]] = []
        self._plan = Plan((), "", "")
        self._is_noted = True
        self._stopping: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where people open it."""
        return self._plan.url

    @property
    def tls_url(self) -> str:
        """The same over TLS."""
        return self._plan.tls_url

    async def start(self, plan: Callable[[], Plan]) -> None:
        """All of it, ready; or nothing of it and a sentence why. The plan is made once the folder is ours."""
        self.folder.open()
        try:
            self._end_leftovers()
            moves.undo(self.folder)
            self._plan = plan()
            self._watching.append(asyncio.create_task(self._look_after(), name="look-after"))
            await self._start_parts()
        except BaseException:
            await self.stop()
            raise

    def _end_leftovers(self) -> None:
        before = self.folder.read(STATE) or {}
        ended = leftovers.end(list(before.get("parts", {}).values()))
        if ended:
            tell(log.warning, "stack.leftovers_ended", count=ended)
        self.folder.forget(STATE)
        shutil.rmtree(self.folder.run / HELD, ignore_errors=True)

    async def _start_parts(self) -> None:
        up = {part.name: asyncio.Event() for part in self._plan.parts}
        try:
            async with asyncio.TaskGroup() as group:
                for part in self._plan.parts:
                    group.create_task(self._start_part(part, up))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _start_part(self, part: Part, up: dict[str, asyncio.Event]) -> None:
        for need in part.needs:
            await up[need].wait()
        begun = self._clock.monotonic()
        if part.command:
            path = self.folder.rotated_log(part.name)
            child = Child(part, path, self._clock, lambda: self._changed(part))
            self._children[part.name] = child
            await child.start()
            self._watching.append(asyncio.create_task(child.watch(self._is_held), name=part.name))
        await self._settle(part)
        up[part.name].set()
        self._progress.part_ready(part, self._clock.monotonic() - begun)

    async def _settle(self, part: Part) -> None:
        try:
            await part.settle()
        except CannotStart:
            raise
        except Exception as error:
            path = self.folder.rotated_log(part.name)
            with path.open("a") as file:
                traceback.print_exception(error, file=file)
            raise CannotStart(f"{part.title} failed: {error} (see {path})") from error

    def _is_held(self, name: str) -> bool:
        """A file `run/held/<part>` keeps a dead part down, for drills."""
        return (self.folder.run / HELD / name).exists()

    async def stop(self) -> None:
        """Everything, in the opposite order: the edge first, the database last. Twice is once."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name="stop")
        await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        """Each wave has its share of the time, and what the waves before it have left of theirs."""
        waves = [self._children_of(wave) for wave in reversed(in_order(self._plan.parts))]
        waves = [wave for wave in waves if wave]
        begun = self._clock.monotonic()
        for number, children in enumerate(waves, 1):
            until = begun + self._stop_within_s * number / len(waves)
            within_s = max(until - self._clock.monotonic(), STOP_LEAST_S)
            await asyncio.gather(*(child.stop(within_s) for child in children))
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        self.folder.forget(STATE)
        self.folder.close()

    def _children_of(self, wave: tuple[Part, ...]) -> list[Child]:
        return [self._children[part.name] for part in wave if part.name in self._children]

    async def _look_after(self) -> None:
        """Put long logs aside, and note what could not be noted before."""
        while True:
            await asyncio.sleep(self._look_after_every_s)
            try:
                await asyncio.to_thread(self.folder.rotate_logs)
                if not self._is_noted:
                    self._remember()
            except Exception as error:  # noqa: BLE001  # the next look may go better
                tell(log.warning, "stack.not_looked_after", error=str(error))

    def _changed(self, part: Part) -> None:
        self._remember()
        reason = self._children[part.name].waits_for
        if reason is not None:
            self._progress.part_waits(part, reason)

    def _remember(self) -> None:
        """Write down what runs: for `status`, for the next start, for whoever wants to look at a part.

        What runs goes on running when the disk is full: it is written down later.
        """
        us = psutil.Process()
        parts = {name: child.record() for name, child in self._children.items()}
        plan = self._plan
        about = {"url": plan.url, "tls_url": plan.tls_url, "shape": plan.shape, "parts": parts}
        try:
            self.folder.write(STATE, {"pid": us.pid, "created": us.create_time(), **about})
            self._is_noted = True
        except OSError as error:
            self._is_noted = False
            tell(log.warning, "stack.not_noted", error=str(error))
