"""What example tells."""

from typing import ClassVar
from uuid import UUID

from capitalino.kit.message import Event


class NoteKept(Event):
    """An investor kept a note. What it says stays here."""

    subject: ClassVar[str] = "example.note_kept.v1"

    note_id: UUID
    investor_id: UUID

    @property
    def key(self) -> str:
        """The note."""
        return str(self.note_id)
