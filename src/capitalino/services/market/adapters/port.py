"""What a source of reference rates is to us, and what goes wrong with one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from capitalino.services.market.domain.rates import Sheet, Source


class SourceTrouble(Exception):
    """A source was not reached, or what it said is not believed. Its text goes to the log and to staff."""

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


def malformed(message: str) -> SourceTrouble:
    """It answered, but not in its form."""
    return SourceTrouble("malformed", message)


@dataclass(frozen=True, slots=True)
class Form:
    """One source: where it is asked, how often, and how its answer is read."""

    source: Source
    url: str
    every_s: int
    read: Callable[[bytes], Sheet]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    """Keys travel here and not in the address, which is written into logs."""
