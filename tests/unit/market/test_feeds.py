"""How a feed does: its pace over the last beats, its reconnects, and whether anybody still tells of it."""

from datetime import timedelta

import pytest

from capitalino.services.market.domain.feeds import BEATS, UNTOLD_S, FeedHealth, FeedState, Pulse
from tests.support.clock import NOON


def ticked(pulse: Pulse, count: int, *, s: float = 0, late_ms: int = 0) -> None:
    """So many ticks, `s` seconds after noon, `late_ms` after the venue's own time."""
    at = NOON + timedelta(seconds=s)
    for _ in range(count):
        pulse.tick(at - timedelta(milliseconds=late_ms), at)


def test_the_pace_is_that_of_the_last_beats_and_not_of_all_time() -> None:
    pulse = Pulse("kraken")
    assert pulse.beat(0).ticks_per_s == 0
    for second in range(1, 4):
        ticked(pulse, 6)
        assert pulse.beat(second).ticks_per_s == 6
    for second in range(4, 4 + BEATS):
        pulse.beat(second)
    last = pulse.beat(5 + BEATS)
    assert (last.ticks, last.ticks_per_s) == (18, 0)


def test_the_first_tick_of_a_connection_is_its_beginning_and_each_other_one_a_reconnect() -> None:
    pulse = Pulse("okx")
    assert pulse.beat(0) == FeedHealth("okx")
    ticked(pulse, 2, s=1, late_ms=250)
    health = pulse.beat(1)
    assert (health.connected_at, health.reconnects, health.lag_ms) == (NOON + timedelta(seconds=1), 0, 250)
    pulse.failed(NOON + timedelta(seconds=2), "dropped", "the connection ended")
    pulse.ended()
    lost = pulse.beat(2)
    assert (lost.connected_at, lost.error, lost.reconnects) == (None, "dropped", 0)
    ticked(pulse, 1, s=3, late_ms=-40)
    again = pulse.beat(3)
    assert (again.connected_at, again.reconnects, again.lag_ms) == (NOON + timedelta(seconds=3), 1, -40)
    assert again.failed_at == NOON + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("is_connected", "told_s_ago", "state"),
    [
        (True, 0, FeedState.LIVE),
        (False, UNTOLD_S, FeedState.LOST),
        (True, UNTOLD_S + 0.1, FeedState.UNREAD),
        (True, None, FeedState.UNREAD),
    ],
    ids=["live", "lost", "long_ago", "never"],
)
def test_what_nobody_tells_of_is_not_called_live(
    is_connected: bool,  # noqa: FBT001 - a case's own value
    told_s_ago: float | None,
    state: FeedState,
) -> None:
    assert FeedHealth("okx", connected_at=NOON if is_connected else None).state(told_s_ago) is state
