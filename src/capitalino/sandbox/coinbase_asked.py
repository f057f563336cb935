"""What a call to Coinbase asks: by its path, its query and its body."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from multidict import MultiMapping

from capitalino.sandbox.coinbase_refusals import invalid


@dataclass(frozen=True, slots=True)
class Asked:
    """One call."""

    path: dict[str, str]
    query: MultiMapping[str]
    body: dict[str, Any] = field(default_factory=dict)

    def whole(self, name: str, default: int) -> int:
        """A whole number of the query."""
        told = self.query.get(name) or str(default)
        if not told.isascii() or not told.isdecimal():
            raise invalid(f"{name} is not a number")
        return int(told)


Answered = Callable[[Asked], Any]
