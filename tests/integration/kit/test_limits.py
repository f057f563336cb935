"""Limits count in Valkey, for all replicas together; when it is away, each process counts alone."""

import asyncio
import os
import signal

import pytest
from valkey.asyncio import Valkey
from valkey.asyncio.retry import Retry
from valkey.backoff import NoBackoff

from capitalino.kit.errors import RateLimited
from capitalino.kit.limits import LOCAL_KEYS_MAX, Allowance, Limit, Limits
from tests.support.clock import SettableClock
from tests.support.keeper import free_port

READ = Limit("read", calls=10, per_s=60, when_blind="open")
LOGIN = Limit("login", calls=10, per_s=60, when_blind="closed")


async def passed(limits: Limits, limit: Limit, key: str, times: int) -> int:
    """How many of so many calls passed."""
    outcomes = await asyncio.gather(*(limits.check(limit, key) for _ in range(times)), return_exceptions=True)
    assert all(isinstance(outcome, RateLimited) for outcome in outcomes if isinstance(outcome, BaseException))
    return sum(not isinstance(outcome, BaseException) for outcome in outcomes)


@pytest.fixture
def away() -> Valkey:
    """A client of a Valkey that is not there."""
    return Valkey(host="127.0.0.1", port=free_port(), retry=Retry(NoBackoff(), 0))


async def test_two_replicas_share_one_bucket(cache: Valkey) -> None:
    one, other = Limits(cache, "kit"), Limits(cache, "kit")
    assert await passed(one, READ, "ann", 8) + await passed(other, READ, "ann", 8) == 10
    assert await passed(other, READ, "bob", 8) == 8


async def test_limits_of_different_names_are_apart(cache: Valkey) -> None:
    limits = Limits(cache, "kit")
    assert await passed(limits, READ, "ann", 12) == 10
    assert await passed(limits, LOGIN, "ann", 12) == 10


async def test_a_call_passes_again_when_its_time_has_come(cache: Valkey) -> None:
    quick = Limit("quick", calls=20, per_s=10, when_blind="open")
    limits = Limits(cache, "kit")
    assert 20 <= await passed(limits, quick, "ann", 25) < 25
    await asyncio.sleep(1.1)  # two more have come in, at the least
    assert await passed(limits, quick, "ann", 5) >= 2


async def test_the_headers_say_what_is_left_and_when_to_come_back(cache: Valkey) -> None:
    limits = Limits(cache, "kit")
    first = await limits.check(READ, "ann", cost=4)
    assert first.headers() == {"RateLimit-Policy": '"read";q=10;w=60', "RateLimit": '"read";r=6;t=24'}
    await limits.check(READ, "ann", cost=6)
    with pytest.raises(RateLimited) as refusal:
        await limits.check(READ, "ann")
    assert refusal.value.details == {"retry_after_s": 6, "policy": '"read";q=10;w=60'}


def test_a_refusal_has_a_retry_after() -> None:
    refused = Allowance(READ, is_allowed=False, wait_us=5_000_001, used_us=60_000_000)
    assert refused.headers() == {
        "RateLimit-Policy": '"read";q=10;w=60',
        "RateLimit": '"read";r=0;t=60',
        "Retry-After": "6",
    }


async def test_keys_go_by_themselves_and_hold_no_personal_data(cache: Valkey) -> None:
    await Limits(cache, "kit").check(READ, "ann@example.com")
    [name] = await cache.keys()
    assert b"ann" not in name
    assert 5_000 < await cache.pttl(name) <= 6_000


async def test_reading_goes_on_within_the_limit_while_valkey_is_away(
    away: Valkey, clock: SettableClock
) -> None:
    limits = Limits(away, "kit", clock)
    assert await passed(limits, READ, "ann", 15) == 10
    assert await passed(limits, READ, "bob", 1) == 1
    clock.advance(6)
    assert await passed(limits, READ, "ann", 2) == 1


async def test_signing_in_is_limited_more_strictly_while_valkey_is_away(
    away: Valkey, clock: SettableClock
) -> None:
    limits = Limits(away, "kit", clock)
    assert await passed(limits, LOGIN, "ann", 15) == 2
    assert await passed(limits, LOGIN, "ann", 1) == 0


async def test_what_is_counted_alone_stays_small(away: Valkey, clock: SettableClock) -> None:
    limits = Limits(away, "kit", clock)
    for n in range(LOCAL_KEYS_MAX + 10):
        limits._alone(READ, str(n), 1)
    assert len(limits._local) == LOCAL_KEYS_MAX


async def test_a_hanging_valkey_delays_two_calls_and_no_more(own_cache: Valkey, clock: SettableClock) -> None:
    limits = Limits(own_cache, "kit", clock)
    pid = (await own_cache.info("server"))["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        begun = asyncio.get_running_loop().time()
        for _ in range(10):
            await limits.check(READ, "ann")
        assert asyncio.get_running_loop().time() - begun < 1
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_it_counts_in_valkey_again_when_it_is_back(own_cache: Valkey, clock: SettableClock) -> None:
    limits = Limits(own_cache, "kit", clock)
    await own_cache.config_set("maxmemory", "1")
    try:
        for _ in range(3):
            await limits.check(READ, "ann")
    finally:
        await own_cache.config_set("maxmemory", "0")
    clock.advance(2)
    assert await own_cache.keys() == []
    await limits.check(READ, "ann")
    assert len(await own_cache.keys()) == 1


async def test_a_call_that_could_never_pass_is_our_own_mistake(cache: Valkey) -> None:
    with pytest.raises(AssertionError, match="never pass"):
        await Limits(cache, "kit").check(READ, "ann", cost=11)
