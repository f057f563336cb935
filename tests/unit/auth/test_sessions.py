"""What a refresh secret deserves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from capitalino.services.auth.domain.sessions import (
    Lifetimes,
    Purpose,
    Refresh,
    Session,
    Verdict,
    judge,
)

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
ID = UUID(int=1)
LIFETIMES = Lifetimes(
    absolute=timedelta(hours=12),
    idle=timedelta(minutes=30),
    grace=timedelta(seconds=10),
    setup=timedelta(minutes=10),
    token=timedelta(minutes=5),
)
SESSION = Session(
    session_id=ID,
    user_id=ID,
    device_id=None,
    purpose=Purpose.ACCESS,
    origin_sealed=None,
    opened_at=NOON,
    used_at=NOON,
    expires_at=NOON + LIFETIMES.absolute,
)
SHOWN = Refresh(ID, 0, b"", b"")


@pytest.mark.parametrize(
    "replaced_s, verdict", [(0, Verdict.AGAIN), (10, Verdict.AGAIN), (11, Verdict.STOLEN)]
)
def test_a_replaced_secret_is_excused_for_a_moment(replaced_s: int, verdict: Verdict) -> None:
    shown = replace(SHOWN, replaced_at=NOON - timedelta(seconds=replaced_s))
    assert judge(SESSION, shown, NOON, LIFETIMES) is verdict


@pytest.mark.parametrize(
    "changes",
    [
        {"closed_at": NOON},
        {"expires_at": NOON},
        {"used_at": NOON - timedelta(minutes=30)},
        {"purpose": Purpose.SETUP},
    ],
)
def test_nothing_is_given_for_a_session_that_is_over(changes: dict[str, object]) -> None:
    over = replace(SESSION, **changes)  # type: ignore[arg-type]
    for shown in (SHOWN, replace(SHOWN, replaced_at=NOON)):
        assert judge(over, shown, NOON, LIFETIMES) is Verdict.OVER


def test_the_last_secret_is_followed_by_another() -> None:
    assert judge(SESSION, SHOWN, NOON, LIFETIMES) is Verdict.ROTATE
