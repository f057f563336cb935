"""A guarded venue is left alone when it fails or asks for it; reads are asked again, orders never."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.kit.breaker import State
from capitalino.venues.circuits import Group
from capitalino.venues.guarded import Guarded
from capitalino.venues.port import Again, Never, Pair, PlaceOrder, Side, Unknown, Venue, VenueTrouble
from tests.support.clock import NOON, SettableClock

BTC = Pair("BTC", "EUR")
ORDER = PlaceOrder("c" * 32, BTC, Side.SELL, Decimal(1), NOON)
TROUBLE: dict[str, Callable[[], VenueTrouble]] = {
    "again": lambda: Again("5xx", "away"),
    "unknown": lambda: Unknown("timeout", "no answer"),
    "never": lambda: Never("-2010", "not enough"),
}


class Scripted:
    """A venue that does what it is told, and counts."""

    name = "binance"

    def __init__(self) -> None:
        self.does: Callable[[], Awaitable[Any]] = self.well
        self.calls = 0

    async def well(self) -> Any:
        return "well"

    def fails(self, error: VenueTrouble) -> None:
        async def fail() -> Any:
            raise error

        self.does = fail

    async def _asked(self, *_: Any, **_of: Any) -> Any:
        self.calls += 1
        return await self.does()

    place = look_up = book = cancel = balances = deposit_address = deposits = _asked


@pytest.fixture
def venue() -> Scripted:
    return Scripted()


@pytest.fixture
def guarded(venue: Scripted, clock: SettableClock) -> Guarded:
    return Guarded(cast("Venue", venue), clock)


def state(guarded: Guarded, group: Group) -> State:
    return next(one.state for one in guarded.circuits.health() if one.group is group)


async def ordered(guarded: Guarded, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(VenueTrouble):
            await guarded.place(ORDER)


async def test_an_order_is_sent_once_whatever_comes_back(venue: Scripted, guarded: Guarded) -> None:
    for trouble in TROUBLE.values():
        venue.calls = 0
        venue.fails(trouble())
        await ordered(guarded)
        assert venue.calls == 1


@pytest.mark.parametrize("asked", ["cancel", "deposit_address"])
async def test_what_changes_something_is_asked_once(venue: Scripted, guarded: Guarded, asked: str) -> None:
    venue.fails(TROUBLE["again"]())
    with pytest.raises(Again):
        await (guarded.cancel(BTC, "c" * 32) if asked == "cancel" else guarded.deposit_address("BTC"))
    assert venue.calls == 1


async def test_a_read_that_fails_for_now_is_asked_again(venue: Scripted, guarded: Guarded) -> None:
    async def first_fails() -> Any:
        venue.does = venue.well
        raise Again("5xx", "away")

    venue.does = first_fails
    assert cast("Any", await guarded.look_up(BTC, "c" * 32)) == "well"
    assert venue.calls == 2


async def test_a_read_that_is_refused_for_good_is_not(venue: Scripted, guarded: Guarded) -> None:
    venue.fails(TROUBLE["never"]())
    with pytest.raises(Never):
        await guarded.book(BTC)
    assert venue.calls == 1


@pytest.mark.parametrize("trouble", ["again", "unknown"])
async def test_a_venue_that_keeps_failing_is_not_asked(
    venue: Scripted, guarded: Guarded, trouble: str
) -> None:
    venue.fails(TROUBLE[trouble]())
    await ordered(guarded, 5)
    with pytest.raises(Again) as refusal:
        await guarded.place(ORDER)
    assert (refusal.value.code, refusal.value.retry_after_s) == ("circuit_open", 5)
    assert venue.calls == 5
    assert guarded.circuits.wait_s(Group.TRADING) == 5
    assert guarded.circuits.wait_s(Group.PRICES) == 0, "each group fails by itself"


async def test_a_refusal_is_an_answer_like_any_other(venue: Scripted, guarded: Guarded) -> None:
    venue.fails(TROUBLE["never"]())
    await ordered(guarded, 20)
    assert venue.calls == 20
    assert state(guarded, Group.TRADING) is State.CLOSED
    assert {one.trouble for one in guarded.circuits.health()} == {None}


async def test_it_is_left_alone_for_longer_each_time_up_to_five_minutes(
    venue: Scripted, guarded: Guarded, clock: SettableClock
) -> None:
    venue.fails(TROUBLE["again"]())
    await ordered(guarded, 5)
    waits = []
    for _ in range(8):
        waits.append(guarded.circuits.wait_s(Group.TRADING))
        clock.advance(waits[-1])
        await ordered(guarded)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    assert venue.calls == 13, "one call each time, to find out"
    venue.does = venue.well
    clock.advance(300)
    await guarded.place(ORDER)
    assert state(guarded, Group.TRADING) is State.CLOSED


async def test_a_pause_that_is_asked_for_is_kept_by_all_groups(
    venue: Scripted, guarded: Guarded, clock: SettableClock
) -> None:
    venue.fails(Again("-1003", "too many", retry_after_s=30))
    await ordered(guarded)
    venue.does = venue.well
    clock.advance(29)
    with pytest.raises(Again) as refusal:
        await guarded.book(BTC)
    assert (refusal.value.code, refusal.value.retry_after_s) == ("circuit_open", 1)
    assert venue.calls == 1
    clock.advance(1)
    assert cast("Any", await guarded.book(BTC)) == "well"


async def test_the_last_trouble_is_told_by_its_code(
    venue: Scripted, guarded: Guarded, clock: SettableClock
) -> None:
    venue.fails(Unknown("timeout", "https://secret"))
    await ordered(guarded)
    told = next(one for one in guarded.circuits.health() if one.group is Group.TRADING)
    assert (told.trouble, told.trouble_at) == ("timeout", clock.now())


PROBE_S = 10
Act = tuple[str, int]
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.integers(1, 4)),
        st.tuples(st.sampled_from(["well", "again", "unknown", "never", "cancel"]), st.integers(0, 9)),
        st.tuples(st.just("advance"), st.integers(1, 400)),
    ),
    max_size=60,
)


class Probed:
    """A guarded venue whose calls hang until they are ended, and what was let through."""

    def __init__(self) -> None:
        self.clock, venue = SettableClock(), Scripted()
        venue.does = self.hang
        self.guarded = Guarded(cast("Venue", venue), self.clock)
        self.hanging: list[asyncio.Future[str]] = []
        self.callers: list[asyncio.Task[Any]] = []
        self.probe: tuple[asyncio.Future[str], float] | None = None

    async def hang(self) -> Any:
        self.hanging.append(asyncio.get_running_loop().create_future())
        return await self.hanging[-1]

    async def begin(self, number: int) -> None:
        """So many at once; while the circuit is not closed, one of them at most is let through."""
        before, was_closed = len(self.hanging), state(self.guarded, Group.TRADING) is State.CLOSED
        self.callers += [asyncio.create_task(self.guarded.place(ORDER)) for _ in range(number)]
        await asyncio.sleep(0)
        let_through = self.hanging[before:]
        if not was_closed and let_through:
            (now_probing,) = let_through
            if self.probe is not None and not self.probe[0].done():
                assert self.clock.monotonic() - self.probe[1] >= PROBE_S, "the one before still asks"
            self.probe = (now_probing, self.clock.monotonic())

    async def end(self, act: str, number: int) -> None:
        """One of those that hang."""
        open_calls = [one for one in self.hanging if not one.done()]
        if open_calls:
            one = open_calls[number % len(open_calls)]
            if act == "cancel":
                one.cancel()
            elif act == "well":
                one.set_result("well")
            else:
                one.set_exception(TROUBLE[act]())
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def stop(self) -> None:
        for one in self.callers:
            one.cancel()
        await asyncio.gather(*self.callers, return_exceptions=True)


async def probed(acts: list[Act]) -> None:
    made = Probed()
    for act, number in [("begin", 6), *[("again", 0)] * 6, *acts]:
        if act == "begin":
            await made.begin(number)
        elif act == "advance":
            made.clock.advance(number)
        else:
            await made.end(act, number)
    await made.stop()


@given(acts=ACTS)
def test_there_is_never_more_than_one_probe(acts: list[Act]) -> None:
    asyncio.run(probed(acts))
