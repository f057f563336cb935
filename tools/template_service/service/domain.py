"""A note, and what must be true of it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from capitalino.services.example.errors import NoteEmpty

TEXT_MAX = 500


@dataclass(frozen=True, slots=True)
class Note:
    """A few words of an investor."""

    note_id: UUID
    investor_id: UUID
    text: str
    kept_at: datetime


def checked(text: str) -> str:
    """The text without the space around it; NoteEmpty when nothing is left."""
    bare = text.strip()
    if not bare:
        raise NoteEmpty("A note says something.")
    return bare
