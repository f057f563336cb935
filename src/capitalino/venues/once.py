"""What a venue tells twice is one thing: lists change while they are read page by page, servers stumble."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T")


def once(rows: Iterable[T], name: Callable[[T], Hashable]) -> tuple[T, ...]:
    """Each row once, as it was told last, in the order in which they were told first."""
    return tuple({name(row): row for row in rows}.values())
