"""Rate limits: GCRA, counted in Valkey by its own clock, so that all replicas share one bucket."""

import asyncio
import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from capitalino.kit.breaker import Breaker, CircuitOpen, State, Tuning
from capitalino.kit.clock import SYSTEM, Clock
from capitalino.kit.errors import RateLimited

log = structlog.get_logger()
ANSWER_WITHIN_S = 0.25
BLIND_SHARE = 5
LOCAL_KEYS_MAX = 10_000

# One key holds the theoretical arrival time (TAT): when the bucket will be empty again. In microseconds.
# %.0f, because Lua would write so great a number with an exponent and lose its end.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step, depth, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local after = tat + step * cost
if after - now > depth then
  return {0, string.format('%.0f', after - depth - now), string.format('%.0f', tat - now)}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, '0', string.format('%.0f', after - now)}
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """`calls` in `per_s` seconds, all of them at once if need be.

    `when_blind` says what holds while Valkey is away: `open` counts in this process alone, `closed` does so
    with a fifth of the calls (for sign-in and money: better too strict than an open door).
    """

    name: str
    calls: int
    per_s: int
    when_blind: Literal["open", "closed"]

    @property
    def step_us(self) -> int:
        """The time that one call costs."""
        return self.per_s * 1_000_000 // self.calls

    @property
    def depth_us(self) -> int:
        """The time that the bucket holds."""
        return self.step_us * self.calls

    def blind(self) -> "Limit":
        """What holds in this process alone."""
        if self.when_blind == "open":
            return self
        return replace(self, calls=max(1, self.calls // BLIND_SHARE))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left after a call."""

    limit: Limit
    is_allowed: bool
    wait_us: int
    used_us: int

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until the next call would pass."""
        return math.ceil(self.wait_us / 1_000_000)

    def demand(self) -> None:
        """RateLimited when it was one too many."""
        if not self.is_allowed:
            policy = self.headers()["RateLimit-Policy"]
            raise RateLimited("Too many requests.", retry_after_s=self.retry_after_s, policy=policy)

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers says; times are differences, so no clock has to agree."""
        limit = self.limit
        left = (limit.depth_us - self.used_us) // limit.step_us
        full_in = math.ceil(self.used_us / 1_000_000)
        made = {
            "RateLimit-Policy": f'"{limit.name}";q={limit.calls};w={limit.per_s}',
            "RateLimit": f'"{limit.name}";r={max(0, left)};t={full_in}',
        }
        return made if self.is_allowed else made | {"Retry-After": str(self.retry_after_s)}


def _tell(name: str, before: State, now: State) -> None:
    log.warning("limits.changed", breaker=name, before=before, now=now)


class Limits:
    """Counts calls of one service. One object a process: what it counts alone is kept in it."""

    def __init__(self, cache: Valkey, service: str, clock: Clock = SYSTEM) -> None:
        self._service = service
        self._take = cache.register_script(TAKE)
        self._clock = clock
        self._local: OrderedDict[str, int] = OrderedDict()
        # While Valkey hangs, only one call in a while waits for it.
        tuning = Tuning(calls_min=2, cooldown_s=1, cooldown_max_s=5)
        self._breaker = Breaker("limits", tuning, on_change=_tell, clock=clock)

    async def check(self, limit: Limit, key: str, cost: int = 1) -> Allowance:
        """Count a call by `key` (an address, a login, an id); RateLimited when it is one too many."""
        allowance = await self.count(limit, key, cost)
        allowance.demand()
        return allowance

    async def count(self, limit: Limit, key: str, cost: int = 1) -> Allowance:
        """The same, for who has something to say about it: a call that is one too many is not counted."""
        assert 0 < cost <= limit.calls, "a call that costs more than the bucket holds would never pass"
        # The key may be personal (an address of a person or a machine): only its hash is kept.
        name = f"{self._service}:limit:{limit.name}:{sha256(key.encode()).hexdigest()[:32]}"
        try:
            return await self._breaker.call(lambda: self._shared(limit, name, cost))
        except (ValkeyError, CircuitOpen, OSError, TimeoutError):
            return self._alone(limit.blind(), name, cost)

    async def _shared(self, limit: Limit, name: str, cost: int) -> Allowance:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            allowed, wait, used = await self._take(keys=[name], args=[limit.step_us, limit.depth_us, cost])
        return Allowance(limit, bool(allowed), int(wait), int(used))

    def _alone(self, limit: Limit, name: str, cost: int) -> Allowance:
        now = int(self._clock.monotonic() * 1_000_000)
        tat = max(self._local.get(name, 0), now)
        after = tat + limit.step_us * cost
        if after - now > limit.depth_us:
            return Allowance(limit, is_allowed=False, wait_us=after - limit.depth_us - now, used_us=tat - now)
        self._local[name] = after
        self._local.move_to_end(name)
        if len(self._local) > LOCAL_KEYS_MAX:
            self._local.popitem(last=False)
        return Allowance(limit, is_allowed=True, wait_us=0, used_us=after - now)
