"""Asking again, for questions only: what moves something is sent once, and looked up when in doubt."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from secrets import SystemRandom
from typing import TypeVar

import stamina

from capitalino.kit.clock import SYSTEM, Clock
from capitalino.kit.errors import AppError, Kind

T = TypeVar("T")
chance = SystemRandom()


class Verdict(StrEnum):
    """What an error means for the next attempt."""

    RETRY = "retry"  # it did not happen, and may go well in a moment
    NEVER = "never"  # it did not happen, and never will as it is asked
    UNKNOWN = "unknown"  # it may have happened


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and how long the other side asked us to stay away."""

    verdict: Verdict
    retry_after_s: float | None = None


Judge = Callable[[Exception], Judgement]


class OutcomeUnknown(AppError):
    """It was sent once and may have happened: look it up by our own id before anything else."""

    code = "outcome_unknown"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to ask. Waits are drawn at random below `first_s`, later `longest_s`."""

    attempts: int = 4
    within_s: float = 10.0
    first_s: float = 0.1
    longest_s: float = 3.0


async def asked(
    work: Callable[[], Awaitable[T]], judge: Judge, patience: Patience | None = None, *, clock: Clock = SYSTEM
) -> T:
    """Ask a question that changes nothing, again if need be. The last error is raised when patience ends."""
    patience = patience or Patience()
    ends_at = clock.monotonic() + patience.within_s
    attempt = 0

    def wait_for(error: BaseException) -> bool | float:
        nonlocal attempt
        attempt += 1
        if not isinstance(error, Exception):  # stamina shows us cancellations too, and would retry them
            return False
        judgement = judge(error)
        if judgement.verdict is Verdict.NEVER:
            return False
        wait_s = _jittered(patience, attempt)
        if judgement.retry_after_s is not None:
            wait_s += judgement.retry_after_s
        return wait_s if clock.monotonic() + wait_s < ends_at else False

    async for one in stamina.retry_context(on=wait_for, attempts=patience.attempts, timeout=None):
        with one:
            return await work()
    raise AssertionError("stamina returns or raises")


def _jittered(patience: Patience, attempt: int) -> float:
    """Full jitter: from nothing to the whole wait, so that a thousand clients do not come back at once."""
    return chance.uniform(0, min(patience.longest_s, patience.first_s * 2 ** (attempt - 1)))


async def sent_once(work: Callable[[], Awaitable[T]], judge: Judge) -> T:
    """Do what must not happen twice: one attempt. OutcomeUnknown when it may have happened."""
    try:
        return await work()
    except Exception as error:
        if judge(error).verdict is Verdict.UNKNOWN:
            raise OutcomeUnknown("Whether it happened is not known yet.") from error
        raise


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or as a date; None for anything else."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:  # "-0000": UTC from who does not know where he is
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
