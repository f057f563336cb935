"""There is always a key that signs, and every checker knows it beforehand."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.auth.domain.signing import PUBLISH_AHEAD, SigningKey, missing, signer

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def rotated(keys: list[SigningKey], now: datetime) -> list[SigningKey]:
    span = missing(keys, now, WEEK)
    if span is None:
        return keys
    return [*keys, SigningKey(str(len(keys)), {}, b"", span.signs_from, span.signs_until)]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=600))
def test_whenever_the_loop_runs_each_minute_or_so_a_known_key_signs(minutes: list[int]) -> None:
    keys, now, published = rotated([], NOON), NOON, {"0": NOON}
    for step in minutes:
        for _ in range(step):  # the loop runs often
            now += timedelta(minutes=1)
            keys = rotated(keys, now)
            for key in keys:
                published.setdefault(key.kid, now)
        signs = signer(keys, now)
        assert signs is not None
        assert signs.kid == "0" or signs.signs_from - published[signs.kid] >= PUBLISH_AHEAD - timedelta(
            minutes=1
        )


def test_after_a_long_stop_a_new_key_signs_at_once() -> None:
    keys = rotated(rotated([], NOON), NOON + 3 * WEEK)
    found = signer(keys, NOON + 3 * WEEK)
    assert found is not None
    assert found.signs_from == NOON + 3 * WEEK


def test_one_key_is_enough_for_its_time() -> None:
    keys = rotated([], NOON)
    assert missing(keys, NOON + WEEK - PUBLISH_AHEAD - timedelta(seconds=1), WEEK) is None
    assert missing(keys, NOON + WEEK - PUBLISH_AHEAD, WEEK) is not None
