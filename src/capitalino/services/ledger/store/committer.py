"""Group commit: concurrent commands become one transaction, and each caller gets an outcome of its own."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from capitalino.kit.errors import AppError, PeerUnavailable
from capitalino.kit.tasks import Tasks
from capitalino.services.ledger.domain import Outcome, Verdict
from capitalino.services.ledger.errors import EntryUnsound
from capitalino.services.ledger.store.batch import FIRST_ANSWER, POST, Ask, arguments, first_answer, outcomes

log = structlog.get_logger()
# Nothing of such a transaction stays, so it may simply be sent again. UniqueViolation: another process has
# posted one of the ids a moment ago; the next try finds it there.
AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.UniqueViolationError)
POISON = (asyncpg.DataError, asyncpg.CheckViolationError, asyncpg.NotNullViolationError)
TRIES = 5
LEAST = 24
"""Below that, sharing the queue among the transactions costs more than it gains."""


class Waiting:
    """A command under way, with everybody who waits for it."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.futures: list[asyncio.Future[Outcome]] = []

    def join(self) -> asyncio.Future[Outcome]:
        """One more who waits."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
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
        self._queue: deque[Waiting] = deque()
        self._open: dict[UUID, Waiting] = {}

    async def post(self, ask: Ask) -> Outcome:
        """The outcome of this command. PeerUnavailable: unknown, ask again with the same id."""
        if twin := self._open.get(ask.entry.entry_id):  # still under way: it shares the fate of the first
            if twin.ask.fingerprint != ask.fingerprint:
                return Outcome(Verdict.ID_REUSED)
            return await twin.join()
        waiting = self._open[ask.entry.entry_id] = Waiting(ask)
        future = waiting.join()
        self._queue.append(waiting)
        if self._idle:
            self._idle -= 1
            await self._tasks.run(self._work(), within_s=0)
        return await future

    async def _work(self) -> None:
        """One transaction after the other until the queue is empty."""
        try:
            while self._queue:
                share = max(-(-len(self._queue) // (self._in_flight - self._sending)), LEAST)
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), share, self._batch_max))]
                self._sending += 1
                try:
                    await self._post(batch)
                finally:
                    self._sending -= 1
                await asyncio.sleep(
                    0
                )  # the callers that this batch has woken ask again before the next is cut
        finally:
            self._idle += 1

    async def _post(self, batch: list[Waiting]) -> None:
        """Settle or fail every command of the batch, whatever happens."""
        try:
            found = await self._send([waiting.ask for waiting in batch])
            for waiting, outcome in zip(batch, found, strict=True):
                waiting.settle(outcome)
        except POISON as error:  # a command that the server can't count with: halve until it stands alone
            await self._divide(batch, error)
        except Exception as error:  # noqa: BLE001  # whatever it was, the outcome is unknown
            log.warning("ledger.outcome_unknown", commands=len(batch), error=repr(error))
        finally:
            unknown = PeerUnavailable("The ledger can't say what became of it: ask again with the same id.")
            for waiting in batch:
                waiting.fail(unknown)
                self._open.pop(waiting.ask.entry.entry_id, None)

    async def _divide(self, batch: list[Waiting], error: Exception) -> None:
        if len(batch) == 1:
            log.warning("ledger.entry_unsound", error=repr(error))
            batch[0].fail(
                EntryUnsound("The book can't count that.", entry_id=str(batch[0].ask.entry.entry_id))
            )
            return
        middle = len(batch) // 2
        await self._post(batch[:middle])
        await self._post(batch[middle:])

    async def _send(self, asks: list[Ask]) -> list[Outcome]:
        async with self._pool.acquire() as connection:
            row = await self._call(connection, asks)
            found = outcomes(row, len(asks))
            for place, outcome in enumerate(found):
                if outcome.verdict is Verdict.REPEATED:
                    found[place] = first_answer(
                        await connection.fetch(FIRST_ANSWER, asks[place].entry.entry_id)
                    )
        if any(outcome.verdict is Verdict.ACCEPTED for outcome in found):
            self._committed()
        return found

    async def _call(self, connection: Any, asks: list[Ask]) -> Any:
        for tries_left in reversed(range(TRIES)):
            try:
                return await connection.fetchrow(POST, *arguments(*self._lane, asks))
            except AGAIN:
                if not tries_left:
                    raise
        raise AssertionError
