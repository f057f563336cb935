"""Loops go on whatever happens; what has a lease is done by one replica at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from structlog.testing import capture_logs

from capitalino.kit import loops
from capitalino.kit.db import Database, Schema
from capitalino.kit.loops import Lease, Loop, heed_cancellation, supervise
from tests.support.database import Opener
from tests.support.facts import stop, until

schema = Schema("looping")


@pytest.fixture
async def db(database: Opener) -> Database:
    return await database(schema)


@pytest.fixture
def logged() -> Any:
    with capture_logs() as lines:
        yield lines


class Rounds:
    """Counts, fails and waits as a test says."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = 0
        self.lasts_s = 0.0
        self.was_stopped = False

    async def round(self) -> None:
        """One round."""
        self.count += 1
        if self.count <= self.fails:
            raise ZeroDivisionError
        try:
            await asyncio.sleep(self.lasts_s)
        except asyncio.CancelledError:
            self.was_stopped = True
            raise

    def at_least(self, count: int) -> Callable[[], Any]:
        """For `until`."""

        async def met() -> bool:
            return self.count >= count

        return met


@asynccontextmanager
async def supervised(loop: Loop, db: Database | None) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(supervise(loop, db))
    yield task
    await stop(task)


async def fence_of(db: Database) -> int:
    async with db.read() as tx:
        return int((await tx.conn.execute(text("select fence from looping.lease"))).scalar_one())


async def lose(db: Database) -> None:
    """Somebody else has the lease now, and keeps it."""
    async with db.begin() as tx:
        later = "until = now() + interval '1 minute', holder = gen_random_uuid(), fence = fence + 1"
        await tx.conn.execute(text(f"update looping.lease set {later}"))


async def expire(db: Database) -> None:
    """Its time is over."""
    async with db.begin() as tx:
        await tx.conn.execute(text("update looping.lease set until = now() - interval '1 second'"))


async def test_rounds_follow_each_other_until_cancelled() -> None:
    rounds = Rounds()
    async with supervised(Loop("l", 0.001, rounds.round), None) as task:
        await until(rounds.at_least(5))
    assert task.cancelled()


async def test_a_failed_round_is_logged_and_the_loop_goes_on(logged: Any) -> None:
    rounds = Rounds()
    rounds.fails = 1
    async with supervised(Loop("l", 0.001, rounds.round), None):
        await until(rounds.at_least(3))
    assert [(line["event"], line["loop"]) for line in logged] == [("loop.failed", "l")]


class Deaf:
    """A log whose reader is gone."""

    def __getattr__(self, name: str) -> Any:
        def say(*_: Any, **__: Any) -> None:
            raise BrokenPipeError

        return say


async def test_a_loop_goes_on_when_even_its_log_fails() -> None:
    rounds = Rounds()
    rounds.fails = 1
    before = structlog.get_config()
    structlog.configure(logger_factory=lambda *_: Deaf())
    try:
        async with supervised(Loop("l", 0.001, rounds.round), None):
            await until(rounds.at_least(3))
    finally:
        structlog.configure(**before)


def old(lease: Lease) -> Lease:
    """As if it had been taken a while ago: one just taken is not renewed."""
    lease._taken_at -= loops.RENEW_S
    return lease


async def test_a_lease_is_held_by_one_and_its_fence_grows_with_each_holder(db: Database) -> None:
    first, second = Lease(db, "l"), Lease(db, "l")
    assert (await first.take(), await second.take()) == (True, False)
    assert (first.fence, second.fence) == (1, 0)
    assert await old(first).take(), "it is renewed"
    assert first.fence == 1
    await expire(db)
    assert (await second.take(), await old(first).take()) == (True, False)
    assert second.fence == 2
    await second.give_back()
    assert await first.take()
    assert first.fence == 3
    assert not await second.take(), "what was given back is not believed to be held"


async def test_a_lease_just_taken_is_not_asked_for_again(db: Database) -> None:
    lease = Lease(db, "l")
    await lease.take()
    await lose(db)
    assert await lease.take()
    assert not await old(lease).take()


async def test_one_replica_runs_and_another_follows_when_it_ends(db: Database) -> None:
    one, other = Rounds(), Rounds()
    async with supervised(Loop("l", 0.001, one.round, lease=True), db) as first:
        await until(one.at_least(3))
        async with supervised(Loop("l", 0.001, other.round, lease=True), db):
            await asyncio.sleep(0.1)
            assert other.count == 0
            await stop(first)
            await until(other.at_least(3))
    assert await fence_of(db) >= 2


async def test_a_round_is_stopped_when_its_lease_is_lost(db: Database, logged: Any) -> None:
    rounds = Rounds()
    rounds.lasts_s = 60
    async with supervised(Loop("l", 0, rounds.round, lease=True), db):
        await until(rounds.at_least(1))
        await lose(db)

        async def stopped() -> bool:
            return rounds.was_stopped

        await until(stopped)
        assert rounds.count == 1
    assert "lease.lost" in [line["event"] for line in logged]


async def test_a_round_is_stopped_before_its_lease_ends_when_the_server_hangs(
    db: Database, logged: Any
) -> None:
    rounds = Rounds()
    rounds.lasts_s = 60
    async with supervised(Loop("l", 60, rounds.round, lease=True), db), db.engine.connect() as other:
        await until(rounds.at_least(1))
        begun = time.monotonic()
        await other.execute(text("select until from looping.lease for update"))  # no renewal comes through
        while not rounds.was_stopped:
            await asyncio.sleep(0.01)
            assert time.monotonic() - begun < loops.LEASE_S, "another may be at it by now"
        await other.rollback()
    assert "lease.lost" in [line["event"] for line in logged]


async def test_a_lease_that_came_too_late_is_not_held(db: Database) -> None:
    lease = Lease(db, "l")
    async with db.engine.connect() as other:
        await other.execute(text("lock table looping.lease"))
        taking = asyncio.create_task(lease.take())
        await asyncio.sleep(loops.LEASE_S)
        await other.rollback()
        assert not await taking
    assert await lease.take(), "the next one is in time"


async def test_a_long_round_keeps_its_lease(db: Database) -> None:
    rounds = Rounds()
    rounds.lasts_s = loops.RENEW_S * 1.5
    async with supervised(Loop("l", 60, rounds.round, lease=True), db):
        await until(rounds.at_least(1))
        await asyncio.sleep(loops.RENEW_S * 2)
        assert not await Lease(db, "l").take()
    assert (rounds.count, rounds.was_stopped) == (1, False)


async def test_a_round_with_a_lease_may_fail_too(db: Database, logged: Any) -> None:
    rounds = Rounds()
    rounds.fails = 1
    async with supervised(Loop("l", 0, rounds.round, lease=True), db):
        await until(rounds.at_least(2))
    assert [line["event"] for line in logged] == ["loop.failed"]


async def test_a_lease_that_can_not_be_given_back_does_not_hold_up_the_end(db: Database) -> None:
    rounds = Rounds()
    async with supervised(Loop("l", 60, rounds.round, lease=True), db) as task:
        await until(rounds.at_least(1))
        async with db.begin() as tx:
            await tx.conn.execute(text("drop table looping.lease"))
        await stop(task)
        assert task.cancelled()


async def test_a_cancellation_that_a_library_has_swallowed_is_heeded() -> None:
    async def swallow() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            heed_cancellation()
        raise AssertionError

    task = asyncio.create_task(swallow())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    heed_cancellation()  # of nobody who is cancelled: nothing


async def test_a_round_that_swallows_its_cancellation_ends_all_the_same(db: Database) -> None:
    began, swallowed = asyncio.Event(), asyncio.Event()

    async def round_() -> None:
        began.set()
        while not swallowed.is_set():
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed.set()  # as ccxt and nats-py do now and then
        await asyncio.sleep(60)

    running = asyncio.create_task(supervise(Loop("stubborn", 0, round_, lease=True), db))
    await asyncio.wait_for(began.wait(), 30)
    running.cancel()
    done, _ = await asyncio.wait((running,), timeout=20)
    assert done, "it would have run for a minute"
    assert swallowed.is_set()
