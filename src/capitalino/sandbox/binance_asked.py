"""What a call to Binance asks: its parameters, and how they are read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from capitalino.sandbox.refusals import Refusal

Asked = dict[str, str]
Answered = Callable[[Asked], Any]
Spoken = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Key:
    """The one API key that the exchange accepts."""

    name: str
    secret: str


def whole(asked: Asked, name: str) -> int | None:
    """A whole number, or nothing."""
    try:
        return int(asked[name]) if asked.get(name) else None
    except ValueError:
        raise Refusal(-1100, f"Illegal characters found in parameter '{name}'.") from None
