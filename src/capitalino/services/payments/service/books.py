"""What the ledger says of the ids that a payment has asked it under."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from capitalino.contracts.ledger.api import FindEntry, LedgerEntries
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.ids import step_id
from capitalino.services.payments.domain.payments import numbered
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.errors.staff import BooksDisagree, BooksUnread

AT_ONCE = 8
What = Literal["hold", "entry", "release"]


@dataclass(frozen=True, slots=True)
class Word:
    """Of one id: accepted, refused with a code, never seen (None); or the ledger does not answer now."""

    what: What
    number: int
    entry_id: UUID
    state: Literal["accepted", "refused", "not_answered"] | None
    code: str | None = None
    recorded_at: datetime | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it stands in the book."""
        return self.state == "accepted"


class Books:
    """Asks for each id by itself."""

    def __init__(self, ledger: LedgerEntries) -> None:
        self._ledger = ledger

    async def of_conversion(self, conversion_id: UUID, number: int) -> list[Word]:
        """Its hold, and every entry and release that the books were or would be asked under."""
        wanted: list[tuple[What, int, UUID]] = [("hold", 1, step_id(conversion_id, "hold"))]
        for n in range(1, number + 1):
            wanted.append(("entry", n, step_id(conversion_id, numbered("entry", n))))
            wanted.append(("release", n, step_id(conversion_id, numbered("release", n))))
        return await self._words(wanted)

    async def of_deposit(self, deposit_id: UUID, number: int) -> list[Word]:
        """Every entry."""
        ids = [(n, step_id(deposit_id, numbered("entry", n))) for n in range(1, number + 1)]
        return await self._words([("entry", n, entry_id) for n, entry_id in ids])

    async def allow(self, act: Act, conversion_id: UUID, number: int) -> int:
        """The number of the ids to go on under; BooksDisagree where the ledger has done the opposite.

        Without the ledger's word nobody decides: it is asked again later.
        """
        words = await self.of_conversion(conversion_id, number)
        for word in words:
            if word.state == "not_answered":
                raise BooksUnread("The ledger does not answer now.")
        accepted = {word.what: word for word in words if word.is_accepted}
        if "release" in accepted and act is Act.BOOK:
            raise BooksDisagree("The money was given back already.", **_told(accepted["release"]))
        if "entry" in accepted and act is Act.GIVE_BACK:
            raise BooksDisagree("It is booked already: book it here too.", **_told(accepted["entry"]))
        if "hold" not in accepted and act is Act.BOOK:
            raise BooksDisagree("The ledger holds nothing for it.", **_told(words[0]))
        return accepted["entry"].number if "entry" in accepted else number

    async def _words(self, wanted: Sequence[tuple[What, int, UUID]]) -> list[Word]:
        found: list[Word] = []
        for begin in range(0, len(wanted), AT_ONCE):
            part = wanted[begin : begin + AT_ONCE]
            if found and found[-1].state == "not_answered":  # it is away: nobody waits for it again and again
                found += [Word(*one, state="not_answered") for one in part]
            else:
                found += await asyncio.gather(*(self._word(*one) for one in part))
        return found

    async def _word(self, what: What, number: int, entry_id: UUID) -> Word:
        try:
            said = await self._ledger.find_entry(FindEntry(entry_id=entry_id))
        except AppError as error:
            if error.kind is not Kind.UNAVAILABLE:
                raise
            return Word(what, number, entry_id, "not_answered", error.code)
        return Word(what, number, entry_id, said.state, said.code, said.recorded_at)


def _told(word: Word) -> dict[str, str]:
    return {"entry_id": str(word.entry_id)}
