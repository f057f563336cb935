"""Instants as whole milliseconds, which is how exchanges write them."""

from datetime import UTC, datetime, timedelta

from capitalino.kit.clock import Clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_ms(clock: Clock) -> int:
    """The clock's instant in milliseconds since 1970."""
    return (clock.now() - EPOCH) // timedelta(milliseconds=1)
