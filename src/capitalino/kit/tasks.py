"""Work that goes on after its caller has been answered."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger()
STOP_S = 3.0


class Tasks:
    """Runs work to its end.

    What a stopped process leaves undone is a loop's to pick up: nothing here is a promise.
    """

    def __init__(self, *, stop_s: float = STOP_S) -> None:
        self._stop_s = stop_s
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, Any], *, within_s: float) -> bool:
        """Start it and wait for a while; whether it is done. It goes on either way. Its errors are logged."""
        task = asyncio.create_task(self._logged(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait((task,), timeout=within_s)
        return bool(done)

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
