"""What is otherwise than usual while one call is answered, or one stream is told: a fault's doing."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Altered:
    """By default nothing is."""

    skew_ms: int = 0
    """So far the exchange's clock is ahead of the true time."""
    age_ms: int = 0
    """So old is what is told of the market."""
    share: Decimal | None = None
    """Only so much of an order is filled."""
    is_key_revoked: bool = False
    """The key that signs is not known any more."""


USUAL = Altered()
_ALTERED: ContextVar[Altered] = ContextVar("altered", default=USUAL)


def altered() -> Altered:
    """What is otherwise just now."""
    return _ALTERED.get()


@contextmanager
def while_altered(how: Altered) -> Iterator[None]:
    """Inside the block, and in every task that is begun there."""
    before = _ALTERED.set(how)
    try:
        yield
    finally:
        _ALTERED.reset(before)
