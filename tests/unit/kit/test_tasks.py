"""Work that goes on after its caller was answered."""

import asyncio

from structlog.testing import capture_logs

from capitalino.kit.tasks import Tasks


async def test_work_that_is_done_in_time_is_said_to_be() -> None:
    async with (tasks := Tasks()).open():
        assert await tasks.run(asyncio.sleep(0), within_s=5)


async def test_work_that_takes_longer_goes_on() -> None:
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.05)
        done.set()

    async with (tasks := Tasks()).open():
        assert not await tasks.run(work(), within_s=0)
    assert done.is_set(), "at the end it gets a moment"


async def test_what_fails_is_logged_and_harms_nobody() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with capture_logs() as logged:
        async with (tasks := Tasks()).open():
            assert await tasks.run(fail(), within_s=5)
    assert [line["event"] for line in logged] == ["task.failed"]


async def test_what_does_not_end_in_its_moment_is_stopped() -> None:
    stopped = asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            stopped.set()

    async with (tasks := Tasks(stop_s=0.05)).open():
        await tasks.run(forever(), within_s=0.01)
    await asyncio.sleep(0)
    assert stopped.is_set()
