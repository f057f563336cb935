"""Work that goes on after its caller has been answered, and callers who do not wait for ever."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import structlog

log = structlog.get_logger()
K = TypeVar("K", bound=Hashable)
STOP_S = 3.0
TICK_S = 0.01


class Tasks:
    """Runs work to its end.

    What a stopped process leaves undone is a loop's to pick up: nothing here is a promise.
    """

    def __init__(self, *, stop_s: float = STOP_S) -> None:
        self._stop_s = stop_s
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, Any], *, within_s: float) -> bool:
        """Start it and wait for a while; whether it is done. It goes on either way. Its errors are logged."""
        done, _ = await asyncio.wait((self.start(work),), timeout=within_s)
        return bool(done)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[None]:
        """The same for who does not wait at all."""
        task = asyncio.create_task(self._logged(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """A resource of the process: at its end, running work gets a moment to finish."""
        yield
        if self._running:
            await asyncio.wait(self._running, timeout=self._stop_s)
        for task in self._running:
            task.cancel()

    @staticmethod
    async def _logged(work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except Exception:
            log.exception("task.failed")


class Deadlines(Generic[K]):
    """Calls `late` with those who are not over in time, at most a tick after it.

    One timer serves all of a tick: one each would cost more than the question that it guards.
    """

    def __init__(self, late: Callable[[set[K]], None]) -> None:
        self._late = late
        self._ticks: dict[int, set[K]] = {}

    def add(self, one: K, due: float, loop: asyncio.AbstractEventLoop) -> set[K]:
        """Those who share its time: take it out of there when it is over."""
        tick = math.ceil(due / TICK_S)
        waiting = self._ticks.get(tick)
        if waiting is None:
            waiting = self._ticks[tick] = set()
            loop.call_at(tick * TICK_S, self._over, tick)
        waiting.add(one)
        return waiting

    def _over(self, tick: int) -> None:
        if waiting := self._ticks.pop(tick):
            self._late(waiting)
