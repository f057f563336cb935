"""Instants as whole milliseconds, which is how exchanges write them."""

from datetime import UTC, datetime, timedelta

from capitalino.kit.clock import Clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_ms(clock: Clock) -> int:
    """The clock's instant in milliseconds since 1970."""
    return (clock.now() - EPOCH) // timedelta(milliseconds=1)


def instant(ms: int) -> str:
    """The same instant in RFC 3339."""
    at = EPOCH + timedelta(milliseconds=ms)
    return f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
