"""Group commit: concurrent commands become one transaction, and each caller gets an outcome of its own."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from capitalino.kit.errors import AppError, PeerUnavailable
from capitalino.kit.tasks import Tasks
from capitalino.services.ledger.domain import Outcome, Verdict
from capitalino.services.ledger.errors.entries import EntryUnsound
from capitalino.services.ledger.store.batch import (
    FIRST_ANSWERS,
    POST,
    Ask,
    arguments,
    first_answers,
    outcomes,
)
from capitalino.services.ledger.store.disjoint import split

log = structlog.get_logger()
# Nothing of such a transaction stays, so it may simply be sent again. UniqueViolation: another process has
# posted one of the ids a moment ago; the next try finds it there.
AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.UniqueViolationError)
POISON = (asyncpg.DataError, asyncpg.CheckViolationError, asyncpg.NotNullViolationError)
TRIES = 5
LEAST = 32
"""Below that, sharing the queue among the transactions costs more than it gains."""
TURNS = 3
"""Turns of the event loop from an outcome to the next command of who waited for it: task, caller, task."""


class Waiting:
    """A command under way, with everybody who waits for it."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.futures: list[asyncio.Future[Outcome]] = []

    def join(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Outcome]:
        """One more who waits."""
        future: asyncio.Future[Outcome] = loop.create_future()
        self.futures.append(future)
        return future

    def settle(self, outcome: Outcome) -> None:
        """The first who asked gets the outcome; the same command again gets it as a repeated one."""
        for future in self.futures:
            if not future.done():  # who gave up does not take the command back
                future.set_result(outcome)
            if outcome.verdict is Verdict.ACCEPTED:
                outcome = Outcome(Verdict.REPEATED, outcome.recorded_at, outcome.standings)

    def fail(self, error: AppError) -> None:
        """Those who have no outcome yet get none."""
        for future in self.futures:
            if not future.done():
                future.set_exception(error)


class Line:
    """A connection, kept while it is good: to give it back costs as much as a few commands."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._connection: Any = None

    async def connection(self) -> Any:
        """The one that is held, or another."""
        if self._connection is None or self._connection.is_closed():
            await self.give_back()
            self._connection = await self._pool.acquire()
        return self._connection

    async def give_back(self) -> None:
        """For others to use."""
        if (held := self._connection) is not None:
            self._connection = None
            await self._pool.release(held)


class Committer:
    """Posts the commands of one book and shard.

    No timer: while a transaction runs, the next batch gathers by itself. At most `in_flight` run at once and
    share the queue; without sharing, callers move as one convoy and the second transaction stands idle.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        tasks: Tasks,
        lane: tuple[str, int],
        *,
        in_flight: int,
        batch_max: int,
        committed: Callable[[], None],
    ) -> None:
        self._pool, self._tasks, self._lane = pool, tasks, lane
        self._in_flight, self._batch_max, self._committed = in_flight, batch_max, committed
        self._idle = in_flight
        self._sending = 0
        self._bulk = asyncio.Semaphore(in_flight)
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Waiting] = deque()
        self._open: dict[UUID, Waiting] = {}

    async def post(self, ask: Ask) -> Outcome:
        """The outcome of this command. PeerUnavailable: unknown, ask again with the same id."""
        if twin := self._open.get(ask.entry.entry_id):  # still under way: it shares the fate of the first
            if twin.ask.fingerprint != ask.fingerprint:
                return Outcome(Verdict.ID_REUSED)
            return await twin.join(self._loop)
        waiting = self._open[ask.entry.entry_id] = Waiting(ask)
        future = waiting.join(self._loop)
        self._queue.append(waiting)
        if self._idle:
            self._idle -= 1
            self._tasks.start(self._work())
        return await future

    async def post_many(
        self, asks: Sequence[Ask], *, whole: bool, keep: bool = True
    ) -> list[Outcome | AppError]:
        """An outcome or an error each, in their order. They do not wait behind single commands.

        Parts that share no account go side by side, unless all are to stand or fall as one (`whole`). With
        `keep` false, all is taken back after it was judged.
        """
        parts = [[*range(len(asks))]] if whole or not keep else split(asks, self._in_flight)
        answered = await asyncio.gather(
            *(self._bulk_part([asks[place] for place in part], whole, keep) for part in parts)
        )
        found: dict[int, Outcome | AppError] = {}
        for part, outcomes_ in zip(parts, answered, strict=True):
            found.update(zip(part, outcomes_, strict=True))
        return [found[place] for place in range(len(asks))]

    async def _bulk_part(self, asks: list[Ask], whole: bool, keep: bool) -> list[Outcome | AppError]:  # noqa: FBT001
        found: list[Outcome | AppError] = []
        step = len(asks) if whole or not keep else self._batch_max
        line = Line(self._pool)
        async with self._bulk:
            try:
                for first in range(0, len(asks), step):
                    found += await self._judged(line, asks[first : first + step], whole=whole, keep=keep)
            finally:
                await line.give_back()
        return found

    async def _work(self) -> None:
        """One transaction after the other until the queue is empty."""
        line = Line(self._pool)
        try:
            while self._queue:
                share = max(-(-len(self._queue) // (self._in_flight - self._sending)), LEAST)
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), share, self._batch_max))]
                self._sending += 1
                try:
                    await self._post(line, batch)
                finally:
                    self._sending -= 1
                for _ in range(TURNS):  # the callers that it has woken ask again before the next is cut
                    await asyncio.sleep(0)
        finally:
            self._idle += 1  # before anything else has its turn: who asks now starts the next
            await line.give_back()

    async def _post(self, line: Line, batch: list[Waiting]) -> None:
        """Settle or fail every command of the batch, whatever happens."""
        try:
            found = await self._judged(line, [waiting.ask for waiting in batch])
            for waiting, outcome in zip(batch, found, strict=True):
                if isinstance(outcome, AppError):
                    waiting.fail(outcome)
                else:
                    waiting.settle(outcome)
        finally:
            for waiting in batch:
                waiting.fail(_unknown())  # only where nothing was told: this task was cancelled
                self._open.pop(waiting.ask.entry.entry_id, None)

    async def _judged(
        self, line: Line, asks: Sequence[Ask], *, whole: bool = False, keep: bool = True
    ) -> list[Outcome | AppError]:
        """An outcome or an error each, whatever happens."""
        try:
            return [*await self._send(await line.connection(), asks, whole=whole, keep=keep)]
        except POISON as error:  # a command that the server can't count with: halve until it stands alone
            if whole or len(asks) == 1:
                log.warning("ledger.entry_unsound", error=repr(error))
                return [_unsound(ask) for ask in asks]
            middle = len(asks) // 2
            parts = asks[:middle], asks[middle:]
            return [one for part in parts for one in await self._judged(line, part, keep=keep)]
        except Exception as error:  # noqa: BLE001  # whatever it was, the outcome is unknown
            log.warning("ledger.outcome_unknown", commands=len(asks), error=repr(error))
            return [_unknown() for _ in asks]

    async def _send(self, connection: Any, asks: Sequence[Ask], *, whole: bool, keep: bool) -> list[Outcome]:
        if not keep:
            return await self._tried(connection, asks, whole)
        found = outcomes(await self._call(connection, asks, whole), len(asks))
        await _complete(connection, asks, found)
        if any(outcome.verdict is Verdict.ACCEPTED for outcome in found):
            self._committed()
        return found

    async def _tried(self, connection: Any, asks: Sequence[Ask], whole: bool) -> list[Outcome]:  # noqa: FBT001
        transaction = connection.transaction()
        await transaction.start()
        try:
            found = outcomes(
                await connection.fetchrow(POST, *arguments(*self._lane, asks, whole=whole)), len(asks)
            )
            await _complete(connection, asks, found)
        finally:
            await transaction.rollback()
        return found

    async def _call(self, connection: Any, asks: Sequence[Ask], whole: bool) -> Any:  # noqa: FBT001
        for tries_left in reversed(range(TRIES)):
            try:
                return await connection.fetchrow(POST, *arguments(*self._lane, asks, whole=whole))
            except AGAIN:
                if not tries_left:
                    raise
        raise AssertionError


async def _complete(connection: Any, asks: Sequence[Ask], found: list[Outcome]) -> None:
    """Repeated commands get their first answer."""
    places = [place for place, outcome in enumerate(found) if outcome.verdict is Verdict.REPEATED]
    if places:
        rows = await connection.fetch(FIRST_ANSWERS, list({asks[place].entry.entry_id for place in places}))
        answers = first_answers(rows)
        for place in places:
            found[place] = answers[asks[place].entry.entry_id]


def _unknown() -> AppError:
    return PeerUnavailable("The ledger can't say what became of it: ask again with the same id.")


def _unsound(ask: Ask) -> AppError:
    return EntryUnsound("The book can't count that.", entry_id=str(ask.entry.entry_id))
