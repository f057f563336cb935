"""Switches: what is closed by flow, asset and venue. One person closes at once, two open again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

ALL = "*"
"""In the place of a flow, an asset or a venue: every one of them."""


class Flow(StrEnum):
    """What may be closed."""

    CONVERSION = "conversion"
    CRYPTO_DEPOSIT = "crypto_deposit"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a switch is about; `*` stands for all."""

    flow: str = ALL
    asset: str = ALL
    venue: str = ALL

    def covers(self, flow: Flow, assets: Iterable[str], venue: str) -> bool:
        """Whether this work is closed by it: one of its assets is enough."""
        return (
            self.flow in (ALL, flow)
            and self.venue in (ALL, venue)
            and (self.asset == ALL or self.asset in tuple(assets))
        )

    def __str__(self) -> str:
        """As audit rows name it."""
        return f"{self.flow}:{self.asset}:{self.venue}"


@dataclass(frozen=True, slots=True)
class Closure:
    """A switch that was closed, and perhaps opened again."""

    closure_id: UUID
    scope: Scope
    reason: str
    closed_by: UUID
    closed_at: datetime
    opening_id: UUID | None = None
    """The approval by which it was opened."""
    asked_by: UUID | None = None
    approved_by: UUID | None = None
    opened_at: datetime | None = None

    def __post_init__(self) -> None:
        """Four eyes: what one has asked to open, another has opened."""
        if self.opened_at is not None:
            assert self.opening_id is not None, "it was asked for"
            assert self.asked_by is not None, "somebody has asked for it"
            assert self.asked_by != self.approved_by, "nobody grants what they have asked for"
