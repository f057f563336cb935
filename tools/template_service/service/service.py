"""Notes are kept, and read by their owners."""

from uuid import UUID

from capitalino.contracts.example.events import NoteKept
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.idempotency import Key, claim
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.services.example import store
from capitalino.services.example.domain import Note, checked


class Example:
    """One public method, one use case."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def keep(self, key: Key, text: str) -> Note:
        """Keep a note and tell of it. The same key again changes nothing; NoteEmpty for an empty one."""
        note = Note(new_id(), key.principal, checked(text), self._clock.now())
        async with self._db.begin() as tx:
            note_id = await claim(tx, key, note.note_id)
            if note_id != note.note_id:
                found = await store.get(tx, note_id)
                assert found is not None, "a claimed note is there"
                return found
            await store.add(tx, note)
            await tx.emit(NoteKept(note_id=note.note_id, investor_id=note.investor_id))
        return note

    async def read(self, investor_id: UUID, page: Page, *, before: UUID | None) -> list[Note]:
        """An investor's notes, newest first."""
        async with self._db.read() as tx:
            return await store.of_investor(
                tx, investor_id, before=before, offset=page.offset, limit=page.limit
            )
