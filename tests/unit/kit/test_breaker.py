"""The breaker opens at a failure rate, lets one probe through, and is not fooled by late calls."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from capitalino.kit.breaker import Breaker, CircuitOpen, Tuning
from tests.support.clock import SettableClock

TUNING = Tuning(calls_min=4, calls_max=8, window_s=60, rate=0.5, cooldown_s=5, cooldown_max_s=8, probe_s=10)


class Down(Exception):
    """The provider is away."""


class Unwilling(Exception):
    """The provider answered, with a no."""


def state_of(breaker: Breaker) -> str:
    return breaker.state.value


async def well() -> str:
    return "well"


async def down() -> str:
    raise Down


async def unwilling() -> str:
    raise Unwilling


async def asked(breaker: Breaker, work: Callable[[], Awaitable[str]], times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises((Down, Unwilling)):
            await breaker.call(work)


@pytest.fixture
def breaker(clock: SettableClock) -> Breaker:
    return Breaker("venue", TUNING, is_failure=lambda error: isinstance(error, Down), clock=clock)


async def test_it_opens_when_half_of_the_calls_fail(breaker: Breaker) -> None:
    assert await breaker.call(well) == "well"
    await breaker.call(well)
    await asked(breaker, down)
    assert state_of(breaker) == "closed"
    await asked(breaker, down)
    assert state_of(breaker) == "open"
    with pytest.raises(CircuitOpen, match="venue is not available") as refusal:
        await breaker.call(well)
    assert refusal.value.details == {"retry_after_s": 5}


async def test_few_calls_and_old_failures_do_not_open_it(breaker: Breaker, clock: SettableClock) -> None:
    await asked(breaker, down, 3)
    clock.advance(61)
    await asked(breaker, down)
    assert state_of(breaker) == "closed"


async def test_exactly_one_of_fifty_callers_is_the_probe(breaker: Breaker, clock: SettableClock) -> None:
    await asked(breaker, down, 4)
    clock.advance(5)
    tried = 0
    go_on = asyncio.Event()

    async def slow() -> str:
        nonlocal tried
        tried += 1
        await go_on.wait()
        return "well"

    calls = [asyncio.ensure_future(breaker.call(slow)) for _ in range(50)]
    await asyncio.sleep(0)
    assert state_of(breaker) == "half_open"
    go_on.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert tried == 1
    assert sum(isinstance(result, CircuitOpen) for result in results) == 49
    assert state_of(breaker) == "closed"


async def test_a_failed_probe_opens_it_for_longer_up_to_a_limit(
    breaker: Breaker, clock: SettableClock
) -> None:
    await asked(breaker, down, 4)
    for cooldown in (5, 8, 8):
        clock.advance(cooldown - 1)
        with pytest.raises(CircuitOpen):
            await breaker.call(well)
        clock.advance(1)
        await asked(breaker, down)
    clock.advance(8)
    await breaker.call(well)
    await asked(breaker, down, 4)
    clock.advance(5)
    assert await breaker.call(well) == "well"


async def test_a_cancelled_probe_gives_its_place_to_the_next(breaker: Breaker, clock: SettableClock) -> None:
    await asked(breaker, down, 4)
    clock.advance(5)
    probe = asyncio.ensure_future(breaker.call(lambda: asyncio.sleep(60, "never")))
    await asyncio.sleep(0)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert state_of(breaker) == "half_open"
    assert await breaker.call(well) == "well"
    assert state_of(breaker) == "closed"


async def test_a_late_probe_that_is_cancelled_leaves_the_place_of_the_next(
    breaker: Breaker, clock: SettableClock
) -> None:
    await asked(breaker, down, 4)
    clock.advance(5)
    probes = []
    for _ in range(2):
        probes.append(asyncio.ensure_future(breaker.call(lambda: asyncio.sleep(60, "never"))))
        await asyncio.sleep(0)
        clock.advance(10)
    clock.advance(-5)
    probes[0].cancel()
    await asyncio.wait(probes[:1])
    with pytest.raises(CircuitOpen):
        await breaker.call(well)
    probes[1].cancel()
    await asyncio.wait(probes)


async def test_a_cancelled_call_is_not_counted(breaker: Breaker) -> None:
    await asked(breaker, down, 3)
    call = asyncio.ensure_future(breaker.call(lambda: asyncio.sleep(60, "never")))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert state_of(breaker) == "closed"


async def test_a_hanging_probe_loses_its_place_and_its_say(breaker: Breaker, clock: SettableClock) -> None:
    await asked(breaker, down, 4)
    clock.advance(5)
    go_on = asyncio.Event()

    async def hanging() -> str:
        await go_on.wait()
        raise Down

    first = asyncio.ensure_future(breaker.call(hanging))
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen):
        await breaker.call(well)
    clock.advance(10)
    assert await breaker.call(well) == "well"
    go_on.set()
    with pytest.raises(Down):
        await first
    assert state_of(breaker) == "closed"


async def test_refusals_of_the_provider_are_answers(breaker: Breaker, clock: SettableClock) -> None:
    await asked(breaker, unwilling, 20)
    assert state_of(breaker) == "closed"
    await asked(breaker, down, 4)
    clock.advance(5)
    await asked(breaker, unwilling)
    assert state_of(breaker) == "closed"


async def test_a_call_from_before_it_opened_does_not_close_it(breaker: Breaker) -> None:
    go_on = asyncio.Event()

    async def slow() -> str:
        await go_on.wait()
        return "well"

    late = asyncio.ensure_future(breaker.call(slow))
    await asyncio.sleep(0)
    await asked(breaker, down, 4)
    go_on.set()
    assert await late == "well"
    assert state_of(breaker) == "open"


async def test_each_change_is_told(clock: SettableClock) -> None:
    told: list[tuple[str, str, str]] = []
    breaker = Breaker("fx", TUNING, on_change=lambda *change: told.append(change), clock=clock)
    await asked(breaker, down, 4)
    clock.advance(5)
    await breaker.call(well)
    assert told == [
        ("fx", "closed", "open"),
        ("fx", "open", "half_open"),
        ("fx", "half_open", "closed"),
    ]


async def test_every_error_counts_when_nothing_is_said() -> None:
    breaker = Breaker("anything")
    await asked(breaker, unwilling, 5)
    assert state_of(breaker) == "open"
