"""What the venues offer now: their rules and books, read at the same time and kept for a moment."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from capitalino.kit.clock import Clock
from capitalino.kit.tasks import Tasks
from capitalino.venues import Venue
from capitalino.venues.port import Book, Instrument, Never, Pair, VenueTrouble

DEPTH = 50
NEVER_KEPT_S = 300.0
"""What a venue does not trade it will not trade in a moment."""
LATE = "late"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read: rules and book, or why not."""

    at_s: float
    rules: Instrument | None = None
    book: Book | None = None
    why: str | None = None
    is_final: bool = False
    """The venue will never trade it."""
    wait_s: float = 0.0
    """How long it wants to be left alone."""


class OrderBooks:
    """Reads each book once for all who ask at the same time. A read that is late goes on, for the next."""

    def __init__(
        self, venues: Mapping[str, Venue], tasks: Tasks, clock: Clock, *, kept_s: float, within_s: float
    ) -> None:
        self._venues, self._tasks, self._clock = venues, tasks, clock
        self._kept_s, self._within_s = kept_s, within_s
        self._seen: dict[tuple[str, Pair], Seen] = {}
        self._reading: dict[tuple[str, Pair], asyncio.Task[Any]] = {}

    async def of(self, pair: Pair, names: Iterable[str]) -> dict[str, Seen]:
        """Of each of these venues, as fresh as it has to be."""
        wanted = [(name, pair) for name in names]
        asked = [self._begin(key) for key in wanted if not self._is_fresh(key)]
        late = (await asyncio.wait(asked, timeout=self._within_s))[1] if asked else set()
        missing = Seen(self._clock.monotonic(), why=LATE)
        return {
            key[0]: missing if self._reading.get(key) in late else self._seen.get(key, missing)
            for key in wanted
        }

    def _is_fresh(self, key: tuple[str, Pair]) -> bool:
        seen = self._seen.get(key)
        if seen is None or (seen.why is not None and not seen.is_final):
            return False  # what went wrong is asked again: the venue's own circuit says how often
        kept_s = NEVER_KEPT_S if seen.is_final else self._kept_s
        return self._clock.monotonic() - seen.at_s < kept_s

    def _begin(self, key: tuple[str, Pair]) -> asyncio.Task[Any]:
        running = self._reading.get(key)
        if running is None or running.done():
            running = self._reading[key] = self._tasks.start(self._read(*key))
        return running

    async def _read(self, name: str, pair: Pair) -> None:
        venue, now = self._venues[name], self._clock.monotonic()
        try:
            (rules,) = await venue.instruments([pair])
            seen = Seen(now, rules, await venue.book(pair, DEPTH))
        except VenueTrouble as trouble:
            is_final, wait_s = isinstance(trouble, Never), trouble.retry_after_s or 0
            seen = Seen(now, why=trouble.code, is_final=is_final, wait_s=wait_s)
        self._seen[name, pair] = seen
