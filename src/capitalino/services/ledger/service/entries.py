"""Moving money. Keeps the Protocol LedgerEntries."""

from collections.abc import Sequence

import structlog

from capitalino.contracts.ledger.api import (
    AnyEntry,
    CaptureHold,
    EntriesAnswered,
    EntryAccepted,
    EntryFound,
    FindEntry,
    HoldUnits,
    PostEntries,
    PostEntry,
    ReleaseHold,
    ReverseEntry,
)
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError
from capitalino.kit.ids import step_id
from capitalino.services.ledger.domain import Entry, Movement, Outcome, Terms
from capitalino.services.ledger.errors.accounts import AssetUnknown
from capitalino.services.ledger.errors.entries import EntryUnsound, ExchangeUnfair
from capitalino.services.ledger.service.commands import accepted, entry_of, outcome_of
from capitalino.services.ledger.service.reading import Reading
from capitalino.services.ledger.service.refusals import REFUSALS
from capitalino.services.ledger.store import entries
from capitalino.services.ledger.store.bookkeeper import Bookkeeper

log = structlog.get_logger()
EXPIRE_MAX = 1000
"""Holds that one round lets expire."""
BALANCES_MAX = 4000
"""Balances that one answer carries: it has to pass the bus."""
TOGETHER_MAX = 10_000
"""Entries that are posted at once."""


class Entries:
    """Posts what it is asked to, and tells what became of it."""

    def __init__(self, db: Database, bookkeeper: Bookkeeper, reading: Reading) -> None:
        self._db, self._bookkeeper, self._reading = db, bookkeeper, reading

    async def post_entry(self, command: PostEntry) -> EntryAccepted:
        """Move money, all postings or none."""
        return await self._post(command)

    async def hold_units(self, command: HoldUnits) -> EntryAccepted:
        """Set money aside."""
        return await self._post(command)

    async def capture_hold(self, command: CaptureHold) -> EntryAccepted:
        """Take what was held, and post further movements in the same entry."""
        return await self._post(command)

    async def release_hold(self, command: ReleaseHold) -> EntryAccepted:
        """Give back what was held."""
        return await self._post(command)

    async def reverse_entry(self, command: ReverseEntry) -> EntryAccepted:
        """Take back what an entry moved, or a part of it."""
        return await self._post(command)

    async def post_entries(self, command: PostEntries) -> EntriesAnswered:
        """Post many at once."""
        return await self.post_all(command.entries, whole=command.whole)

    async def post_all(self, commands: Sequence[AnyEntry], *, whole: bool) -> EntriesAnswered:
        """The same for those of this process, who may hand over ten times as many."""
        wanted = await self._together(commands)
        return _answered(wanted, await self._bookkeeper.post_many(wanted, whole=whole))

    async def preview_entries(self, command: PostEntries) -> EntriesAnswered:
        """What would become of them now."""
        wanted = await self._together(command.entries)
        return _answered(wanted, await self._bookkeeper.preview(wanted, whole=command.whole))

    async def find_entry(self, query: FindEntry) -> EntryFound:
        """What became of an id; `code` is that of the refusal."""
        async with (
            self._db.begin() as tx
        ):  # the book itself: whoever asks this must not be told yesterday's answer
            found = await entries.find(tx, query.entry_id)
        if found is None:
            return EntryFound(entry_id=query.entry_id, state=None)
        verdict, _, recorded_at = found
        return EntryFound(
            entry_id=query.entry_id,
            state="refused" if verdict else "accepted",
            code=REFUSALS[verdict][0].code if verdict else None,
            recorded_at=recorded_at,
        )

    async def expire_holds(self) -> int:
        """Give back holds past their time. The id follows from the hold: a repeat changes nothing."""
        async with self._db.begin() as tx:
            due = await entries.due_holds(tx, EXPIRE_MAX)
        if due:
            ended = [
                Entry(step_id(hold_id, "expire"), "expire", "hold.expired", refers_to=hold_id)
                for hold_id in due
            ]
            await self._bookkeeper.post_many(ended, whole=False)
            log.info("holds.expired", holds=len(due))
        return len(due)

    async def _post(self, command: AnyEntry) -> EntryAccepted:
        entry = entry_of(command)
        await self._check_exchange(command, entry)
        return accepted(entry, await self._bookkeeper.post(entry))

    async def _together(self, commands: Sequence[AnyEntry]) -> list[Entry]:
        if len(commands) > TOGETHER_MAX:
            raise EntryUnsound(f"At most {TOGETHER_MAX:,} entries are posted at once.")
        wanted = [entry_of(command) for command in commands]
        for command, entry in zip(commands, wanted, strict=True):
            await self._check_exchange(command, entry)
        return wanted

    async def _check_exchange(self, command: AnyEntry, entry: Entry) -> None:
        """What was held counts with what its capture posts; a hold never changes, so it is read before."""
        if command.kind not in {"post", "capture"} or command.exchange is None:
            return
        terms = command.exchange
        assets = await self._reading.assets()
        movements: list[Movement] = list(entry.movements)
        if entry.refers_to is not None:
            async with self._db.begin() as tx:
                held = await entries.held(tx, entry.refers_to)
            movements = [one._replace(units=entry.part or one.units) for one in held] + movements
        if terms.given not in assets or terms.got not in assets:
            raise AssetUnknown("The book keeps no such asset.", given=terms.given, got=terms.got)
        if not Terms(terms.rate, assets[terms.given], assets[terms.got]).allow(movements):
            raise ExchangeUnfair("The rate does not make that of it.", entry_id=str(entry.entry_id))


def _answered(wanted: Sequence[Entry], found: Sequence[Outcome | AppError]) -> EntriesAnswered:
    standings = sum(len(one.standings) for one in found if isinstance(one, Outcome))
    shown = standings <= BALANCES_MAX
    return EntriesAnswered(
        outcomes=tuple(
            [outcome_of(entry, one, balances=shown) for entry, one in zip(wanted, found, strict=True)]
        )
    )
