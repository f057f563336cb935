"""How long to wait after wrong tries: a few are free, then the delay doubles; nothing is ever locked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

FORGET = timedelta(days=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Not blocked, whatever the clock of another replica says."""


class Factor(StrEnum):
    """What was tried. Each is counted for itself: guesses at one do not bar another."""

    PASSWORD = "password"  # noqa: S105  # the name of a factor
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Pace:
    """`free` tries at once; after that 1 s, 2 s, 4 s … up to `delay_max_s`."""

    free: int
    delay_max_s: int

    def delay(self, failures: int) -> timedelta:
        """What follows the `failures`-th try."""
        over = failures - self.free
        if over < 0:
            return timedelta()
        return timedelta(seconds=min(2 ** min(over, 30), self.delay_max_s))


FROM_ONE_PLACE = Pace(free=5, delay_max_s=900)
"""One login from one address, or from one known device."""
FROM_ANYWHERE = {Factor.PASSWORD: Pace(free=30, delay_max_s=300), Factor.CODE: Pace(free=10, delay_max_s=900)}
"""One login from all unknown devices together: slows guesses spread over many addresses."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The tries so far."""

    failures: int
    failed_at: datetime
    blocked_until: datetime

    def wait(self, now: datetime) -> timedelta:
        """How long the next try has to wait; zero when it may go on."""
        return max(self.blocked_until - now, timedelta())


def charged(tally: Tally | None, pace: Pace, now: datetime) -> Tally:
    """With one more try, counted before it is made: many at once cannot slip through."""
    before = tally.failures if tally and now - tally.failed_at < FORGET else 0
    failures = before + 1
    delay = pace.delay(failures)
    return Tally(failures=failures, failed_at=now, blocked_until=now + delay if delay else LONG_AGO)
