"""Log lines of the supervisor. A terminal that is gone or a full disk may cost a line, and never a part."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any


def tell(say: Callable[..., Any], event: str, **values: Any) -> None:
    """Say it (`log.warning`), if it can be said."""
    with suppress(Exception):
        say(event, **values)
