"""What a call to OKX asks: its parameters, and how they are read."""

from collections.abc import Callable
from typing import Any

from capitalino.sandbox.okx_refusals import wrong

Asked = dict[str, str]
Answered = Callable[[Asked], list[Any]]


def whole(asked: Asked, name: str) -> int | None:
    """A whole number, or nothing."""
    try:
        return int(asked[name]) if asked.get(name) else None
    except ValueError:
        raise wrong(name) from None
