"""What the ledger tells."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from capitalino.kit.message import Event, Units


class Line(BaseModel):
    """One account's side of a posting, with the balances after it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    address: str
    asset: str
    units: Units
    """Signed: positive is credited. 0 when only a hold changed."""
    posted: Units
    held_out: Units
    held_in: Units
    version: int


class EntryPosted(Event):
    """An entry was accepted: money moved, or was held or given back."""

    subject: ClassVar[str] = "ledger.entry_posted.v1"

    entry_id: UUID
    kind: Literal["post", "hold", "capture", "release", "expire", "reverse"]
    code: str
    refers_to: UUID | None = None
    recorded_at: AwareDatetime
    effective_at: AwareDatetime
    metadata: dict[str, str]
    lines: tuple[Line, ...]

    @property
    def key(self) -> str:
        """The entry."""
        return str(self.entry_id)
