"""What commands that prove something share: progress, what was kept elsewhere, and how they end."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import typer

T = TypeVar("T")
SAY_EVERY_S = 1.0
UNPROVED = 2
"""The exit code when nothing is proved either way."""


class Progress:
    """Says how far it is on standard error, once a second at most: the result stands alone on the other."""

    def __init__(self) -> None:
        self._said_at = 0.0

    def __call__(self, what: str) -> None:
        """Half a sentence."""
        now = time.monotonic()
        if now - self._said_at >= SAY_EVERY_S:
            self._said_at = now
            typer.echo(f"… {what}", err=True)


def unproved(why: str) -> typer.Exit:
    """Say why nothing is proved; to be raised."""
    typer.echo(f"capitalino: {why}", err=True)
    return typer.Exit(UNPROVED)


def read_lines(path: Path, made_of: Callable[[dict[str, Any]], T], printed_by: str) -> list[T]:
    """What a command has printed earlier, a line of JSON each."""
    try:
        return [made_of(json.loads(line)) for line in path.read_text().splitlines() if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unproved(f"{path} is not what `{printed_by}` prints: {error!r}") from None
