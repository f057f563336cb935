"""Money that staff move by hand. It leaves an audit row before it moves, and needs somebody else's yes."""

from collections.abc import Sequence

from capitalino.contracts.ledger.api import (
    AnyEntry,
    EntryAccepted,
    EntryOutcome,
    HoldUnits,
    PostEntries,
)
from capitalino.kit.auth import Principal
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, PeerUnavailable
from capitalino.kit.idempotency import KeyReused
from capitalino.services.ledger.errors.entries import (
    EntryIdReused,
    EntryUnsound,
    ExchangeUnfair,
    RefusedTogether,
)
from capitalino.services.ledger.service.asking import Asked, Asking, Reached, refuse_own, write_down
from capitalino.services.ledger.service.entries import Entries
from capitalino.services.ledger.service.refusals import REFUSALS, Refusal
from capitalino.services.ledger.store import entries as store

BY_CODE: dict[str, Refusal] = {refusal.code: (refusal, sentence) for refusal, sentence in REFUSALS.values()}
BY_CODE |= {
    EntryUnsound.code: (EntryUnsound, "The book can't count that."),
    ExchangeUnfair.code: (ExchangeUnfair, "Who gives would get more than the rate makes of it."),
}


class Adjustments:
    """Entries by hand.

    Holding moves nothing and may be undone, so one person may. What moves money waits for a second one:
    posting, capturing, reversing, a batch of them; and releasing, since a payment may lean on the hold.
    The audit row comes first, in a transaction of its own: the posting goes its usual road, and a row without
    an entry only says that it was asked for.
    """

    def __init__(self, db: Database, entries: Entries, asking: Asking) -> None:
        self._db, self._entries, self._asking = db, entries, asking

    async def preview(
        self, who: Principal, commands: Sequence[AnyEntry], *, whole: bool = False
    ) -> tuple[EntryOutcome, ...]:
        """What would become of them now. Nothing is written and no id is spent."""
        async with self._db.begin() as tx:
            await refuse_own(tx, who, commands)
        wanted = PostEntries(entries=tuple(commands), whole=whole)
        return (await self._entries.preview_entries(wanted)).outcomes

    async def hold(self, asked: Asked, command: HoldUnits) -> EntryAccepted:
        """Hold, at once. The same key again gives the first answer, also when it was a refusal."""
        async with self._db.begin() as tx:
            await refuse_own(tx, asked.who, [command])
            if await store.find(tx, command.entry_id) is None:
                await write_down(tx, asked, "ledger.hold_ordered", f"entry:{command.entry_id}")
        try:
            return await self._entries.hold_units(command)
        except EntryIdReused as error:
            raise KeyReused("This idempotency key was used for another request.", key=asked.key) from error

    async def ask(self, asked: Asked, commands: Sequence[AnyEntry], *, whole: bool = False) -> Reached:
        """Ask for entries that move money. What the book would refuse now is not asked for at all."""
        known = await self._asking.known(asked)
        if known is not None:
            return known
        outcomes = await self.preview(asked.who, commands, whole=whole)
        if whole or len(commands) == 1:
            _raise_refusal(outcomes)
        async with self._db.begin() as tx:
            is_new = await self._asking.ask(
                tx, asked, commands=[one.model_dump(mode="json") for one in commands], whole=whole
            )
        return await self._asking.find(asked.object_id, is_repeat=not is_new)


def _raise_refusal(outcomes: Sequence[EntryOutcome]) -> None:
    for number, one in enumerate(outcomes, 1):
        if one.state == "unknown":
            raise PeerUnavailable("The ledger can't tell now what would become of it.")
        if one.state == "refused" and one.code != RefusedTogether.code:
            raise _refusal(one.code or "", number)


def _refusal(code: str, number: int) -> AppError:
    refusal, sentence = BY_CODE[code]
    return refusal(sentence, number=number)
