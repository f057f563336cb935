"""HTTP for example: an investor's own notes."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from capitalino.kit.auth import Investor
from capitalino.kit.http import IdempotencyKey, Listed, Success, listed, ok
from capitalino.kit.idempotency import Key
from capitalino.kit.pages import CursorUnknown, PageQuery, encode_cursor
from capitalino.services.example.domain import TEXT_MAX, Note
from capitalino.services.example.service import Example


class NoteIn(BaseModel):
    """What is to be kept."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=TEXT_MAX, pattern=r"^[^\x00]*$")


class NoteOut(BaseModel):
    """A note, as its owner sees it."""

    note_id: UUID
    text: str
    kept_at: datetime

    @classmethod
    def of(cls, note: Note) -> "NoteOut":
        """Without whose it is: there is only one who reads it."""
        return cls(note_id=note.note_id, text=note.text, kept_at=note.kept_at)


def routes(example: Example) -> APIRouter:
    """Whose notes they are comes from the token alone."""
    router = APIRouter(prefix="/api/v1/example", tags=["example"])

    @router.post("/notes", status_code=201)
    async def keep(who: Investor, body: NoteIn, idempotency_key: IdempotencyKey) -> Success[NoteOut]:
        """Keep a note."""
        key = Key(who.investor, "keep", idempotency_key, body.model_dump())
        return ok(NoteOut.of(await example.keep(key, body.text)))

    @router.get("/notes")
    async def read(who: Investor, page: PageQuery) -> Listed[NoteOut]:
        """One's own notes, newest first."""
        found = await example.read(who.investor, page, before=_position(page.after))
        cursor = encode_cursor(found[-1].note_id) if len(found) == page.limit else None
        return listed([NoteOut.of(note) for note in found], page, next_cursor=cursor)

    return router


def _position(after: str | None) -> UUID | None:
    try:
        return None if after is None else UUID(after)
    except ValueError:
        raise CursorUnknown("The cursor is not one of ours.") from None
