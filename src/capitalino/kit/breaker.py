"""A circuit breaker: stops asking who keeps failing, and lets exactly one call find out how it is now."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from capitalino.kit.clock import SYSTEM, Clock
from capitalino.kit.errors import AppError, Kind

T = TypeVar("T")


class State(StrEnum):
    """Closed lets all pass, open none, half-open one."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitOpen(AppError):
    """Not even tried: the other side has kept failing. `details.retry_after_s` says when to come back."""

    code = "circuit_open"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Tuning:
    """Opens when `rate` of the last calls (`calls_min` to `calls_max`, in `window_s`) have failed."""

    calls_min: int = 5
    calls_max: int = 20
    window_s: float = 60.0
    rate: float = 0.5
    cooldown_s: float = 5.0
    cooldown_max_s: float = 60.0
    probe_s: float = 10.0
    """After that another probe may try: one that hangs must not hold the door for ever."""


def any_error(_: Exception) -> bool:
    """Every exception is a failure."""
    return True


def _unheard(name: str, before: State, now: State) -> None:
    """Nobody listens."""


class Breaker:
    """Guards calls to one provider's operation. Not shared between processes: each finds out for itself.

    An error for which `is_failure` is false is an answer: the provider is well, only not willing.
    A cancelled call says nothing about the provider and is not counted.
    """

    def __init__(
        self,
        name: str,
        tuning: Tuning | None = None,
        *,
        is_failure: Callable[[Exception], bool] = any_error,
        on_change: Callable[[str, State, State], None] = _unheard,
        clock: Clock = SYSTEM,
    ) -> None:
        self.name, self._tuning, self._clock = name, tuning or Tuning(), clock
        self._is_failure, self._on_change = is_failure, on_change
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=self._tuning.calls_max)
        self._state = State.CLOSED
        self._cooldown_s = self._tuning.cooldown_s
        self._opens_until = 0.0
        self._probe: object | None = None
        self._probe_until = 0.0

    @property
    def state(self) -> State:
        """For health and metrics. Open turns to half-open with the next call, not by itself."""
        return self._state

    @property
    def wait_s(self) -> float:
        """How long until a call would be let through; 0: now."""
        shut = {State.OPEN: self._opens_until, State.HALF_OPEN: self._probe_until if self._probe else 0.0}
        return max(0.0, shut.get(self._state, 0.0) - self._clock.monotonic())

    async def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` returns or raises; CircuitOpen when it was not tried."""
        probe = self._admit()
        try:
            result = await work()
        except Exception as error:
            self._record(probe, failed=self._is_failure(error))
            raise
        except BaseException:
            if probe is self._probe:
                self._probe = None
            raise
        self._record(probe, failed=False)
        return result

    def _admit(self) -> object | None:
        """Nothing when closed, the probe's token when this call is the probe, else a refusal."""
        now = self._clock.monotonic()
        if self._state is State.CLOSED:
            return None
        if self._state is State.OPEN and now >= self._opens_until:
            self._turn(State.HALF_OPEN)
        if self._state is State.OPEN:
            raise self._refusal(self._opens_until - now)
        if self._probe is not None and now < self._probe_until:
            raise self._refusal(self._probe_until - now)
        self._probe, self._probe_until = object(), now + self._tuning.probe_s
        return self._probe

    def _refusal(self, retry_after_s: float) -> CircuitOpen:
        return CircuitOpen(f"{self.name} is not available.", retry_after_s=max(1, round(retry_after_s)))

    def _record(self, probe: object | None, *, failed: bool) -> None:
        # A call that began before the last change, or a probe whose time ran out, decides nothing any more.
        if self._state is State.CLOSED and probe is None:
            self._outcomes.append((self._clock.monotonic(), failed))
            if failed and self._is_too_much():
                self._open()
        elif self._state is State.HALF_OPEN and probe is not None and probe is self._probe:
            if failed:
                self._open()
            else:
                self._outcomes.clear()
                self._cooldown_s = self._tuning.cooldown_s
                self._turn(State.CLOSED)

    def _is_too_much(self) -> bool:
        oldest = self._clock.monotonic() - self._tuning.window_s
        recent = [failed for at, failed in self._outcomes if at >= oldest]
        return len(recent) >= self._tuning.calls_min and sum(recent) >= self._tuning.rate * len(recent)

    def _open(self) -> None:
        self._opens_until = self._clock.monotonic() + self._cooldown_s
        self._cooldown_s = min(self._cooldown_s * 2, self._tuning.cooldown_max_s)
        self._turn(State.OPEN)

    def _turn(self, state: State) -> None:
        before, self._state, self._probe = self._state, state, None
        self._on_change(self.name, before, state)
