"""Questions are asked again with patience; what moves something is sent once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from capitalino.kit.retry import (
    Judge,
    Judgement,
    OutcomeUnknown,
    Patience,
    Verdict,
    asked,
    retry_after_s,
    sent_once,
)
from tests.support.clock import NOON, SettableClock

QUICK = Patience(attempts=3, within_s=5, first_s=0.001, longest_s=0.002)


class Failed(Exception):
    """The other side failed."""

    def __init__(self, verdict: str, wait_s: float | None = None) -> None:
        super().__init__(verdict)
        self.judgement = Judgement(Verdict(verdict), wait_s)


def judge(error: Exception) -> Judgement:
    return error.judgement if isinstance(error, Failed) else Judgement(Verdict.UNKNOWN)


class Other:
    """The other side: fails as it is told, then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


async def test_a_question_is_asked_again_when_that_may_help() -> None:
    other = Other(Failed("retry"), Failed("unknown"))
    assert await asked(other, judge, QUICK) == "answer"
    assert other.calls == 3


async def test_the_last_error_is_raised_when_patience_ends() -> None:
    other = Other(Failed("retry"), Failed("unknown"), Failed("retry", 0), Failed("retry"))
    with pytest.raises(Failed):
        await asked(other, judge, QUICK)
    assert other.calls == 3


async def test_a_no_is_final() -> None:
    other = Other(Failed("never"))
    with pytest.raises(Failed):
        await asked(other, judge)
    assert other.calls == 1


async def test_the_other_side_is_left_alone_for_as_long_as_it_asked() -> None:
    other = Other(Failed("retry", 0.05))
    begun = asyncio.get_running_loop().time()
    await asked(other, judge, QUICK)
    assert asyncio.get_running_loop().time() - begun >= 0.05


async def test_a_wait_beyond_our_patience_is_not_begun(clock: SettableClock) -> None:
    other = Other(Failed("retry", 5))
    with pytest.raises(Failed):
        await asked(other, judge, QUICK, clock=clock)
    assert other.calls == 1


@pytest.mark.parametrize("verdict, seen", [("retry", Failed), ("never", Failed), ("unknown", OutcomeUnknown)])
async def test_what_moves_something_is_sent_once_whatever_comes(verdict: str, seen: type[Exception]) -> None:
    other = Other(Failed(verdict))
    with pytest.raises(seen):
        await sent_once(other, judge)
    assert other.calls == 1


async def test_an_answer_to_what_was_sent_is_handed_back() -> None:
    assert await sent_once(Other(), judge) == "answer"


@pytest.mark.parametrize("call", [asked, sent_once])
async def test_being_cancelled_is_no_error_to_judge(
    call: Callable[[Callable[[], Awaitable[str]], Judge], Awaitable[str]],
) -> None:
    task = asyncio.ensure_future(call(lambda: asyncio.sleep(60, "never"), judge))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "header, seconds",
    [
        ("7", 7),
        (" 0 ", 0),
        (f"{NOON + timedelta(seconds=90):%a, %d %b %Y %H:%M:%S} GMT", 90),
        (f"{NOON + timedelta(seconds=90):%a, %d %b %Y %H:%M:%S} -0000", 90),
        (f"{NOON - timedelta(seconds=90):%a, %d %b %Y %H:%M:%S} GMT", 0),
        ("soon", None),
        ("-3", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOON) == seconds
