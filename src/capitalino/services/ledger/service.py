"""What the ledger does when it is asked. The rules themselves are judged in the database, under its locks."""

from datetime import datetime
from uuid import UUID

import structlog

from capitalino.contracts.ledger.api import (
    AccountsOpened,
    Balance,
    BalancesRead,
    CaptureHold,
    EntryAccepted,
    EntryFound,
    FindEntry,
    HoldUnits,
    OpenAccounts,
    PostEntry,
    Posting,
    ReadBalances,
    ReleaseHold,
)
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError
from capitalino.kit.ids import step_id
from capitalino.kit.pages import Page
from capitalino.money import Asset
from capitalino.services.ledger.domain import (
    Entry,
    Movement,
    Opening,
    Outcome,
    Standing,
    StatementLine,
    Total,
    Verdict,
)
from capitalino.services.ledger.errors import (
    AccountBarred,
    AccountDiffers,
    AccountUnknown,
    AssetUnknown,
    CeilingReached,
    EntryIdReused,
    EntryUnsound,
    HoldResolved,
    HoldUnknown,
    InsufficientFunds,
    NotPartOfHold,
)
from capitalino.services.ledger.store import accounts, books, entries
from capitalino.services.ledger.store.bookkeeper import Bookkeeper

log = structlog.get_logger()
EXPIRE_MAX = 200
"""Holds that one round lets expire."""
REFUSALS: dict[Verdict, tuple[type[AppError], str]] = {
    Verdict.ID_REUSED: (EntryIdReused, "This id was used for another entry."),
    Verdict.FUNDS: (InsufficientFunds, "The account does not hold enough."),
    Verdict.CEILING: (CeilingReached, "The account may not hold that much."),
    Verdict.BARRED: (AccountBarred, "The account is frozen or closed."),
    Verdict.ACCOUNT_UNKNOWN: (AccountUnknown, "There is no such account in this book."),
    Verdict.HOLD_UNKNOWN: (HoldUnknown, "There is no such hold."),
    Verdict.HOLD_RESOLVED: (HoldResolved, "The hold is resolved already."),
    Verdict.NOT_PART_OF_HOLD: (NotPartOfHold, "That is not a part of the hold."),
}


class Ledger:
    """Keeps the Protocols LedgerEntries and LedgerAccounts."""

    def __init__(self, db: Database, bookkeeper: Bookkeeper) -> None:
        self._db, self._bookkeeper = db, bookkeeper
        self._assets: dict[str, Asset] = {}

    async def post_entry(self, command: PostEntry) -> EntryAccepted:
        """Move money, all postings or none."""
        entry = Entry(
            command.entry_id,
            "post",
            command.code,
            _movements(command.postings),
            effective_at=command.effective_at,
            metadata=command.metadata,
            reference_units=command.reference_units,
        )
        return await self._post(entry)

    async def hold_units(self, command: HoldUnits) -> EntryAccepted:
        """Set money aside."""
        entry = Entry(
            command.entry_id,
            "hold",
            command.code,
            _movements(command.postings),
            expires_at=command.expires_at,
            effective_at=command.effective_at,
            metadata=command.metadata,
            reference_units=command.reference_units,
        )
        return await self._post(entry)

    async def capture_hold(self, command: CaptureHold) -> EntryAccepted:
        """Take what was held, and post further movements in the same entry."""
        entry = Entry(
            command.entry_id,
            "capture",
            command.code,
            _movements(command.further),
            hold_id=command.hold_id,
            part=command.units,
            effective_at=command.effective_at,
            metadata=command.metadata,
        )
        return await self._post(entry)

    async def release_hold(self, command: ReleaseHold) -> EntryAccepted:
        """Give back what was held."""
        return await self._post(Entry(command.entry_id, "release", command.code, hold_id=command.hold_id))

    async def find_entry(self, query: FindEntry) -> EntryFound:
        """What became of an id; `code` is that of the refusal."""
        async with (
            self._db.begin() as tx
        ):  # not from a replica: who asks this must not be told yesterday's answer
            found = await entries.find(tx, query.entry_id)
        if found is None:
            return EntryFound(entry_id=query.entry_id, state=None)
        verdict, _, recorded_at = found
        refusal = REFUSALS[verdict][0].code if verdict else None
        return EntryFound(
            entry_id=query.entry_id,
            state="refused" if verdict else "accepted",
            code=refusal,
            recorded_at=recorded_at,
        )

    async def open_accounts(self, command: OpenAccounts) -> AccountsOpened:
        """Open accounts, all or none."""
        openings = [
            Opening(
                one.address, one.asset, one.book, 1 if one.normal == "credit" else -1, one.floor, one.ceiling
            )
            for one in command.accounts
        ]
        async with self._db.begin() as tx:
            opened = await accounts.open_accounts(tx, openings)
            if opened.asset_unknown is not None:
                raise AssetUnknown(
                    "The book keeps no such asset.", asset=openings[opened.asset_unknown].asset
                )
            if opened.differs is not None:
                one = openings[opened.differs]
                raise AccountDiffers("It is open with other bounds.", address=one.address, asset=one.asset)
        return AccountsOpened(opened=opened.opened)

    async def read_balances(self, query: ReadBalances) -> BalancesRead:
        """The accounts as they stand."""
        async with self._db.begin() as tx:  # not from a replica: balances are those of the book itself
            standings, as_of = await accounts.read_balances(tx, query.prefix, query.addresses)
        return BalancesRead(balances=tuple(map(_balance, standings)), as_of=as_of)

    async def statement(
        self, address: str, asset: str, page: Page
    ) -> tuple[list[StatementLine], int | None, int | None]:
        """Movements of one account, newest first; where the next page begins; a count for numbered pages."""
        async with self._db.begin() as tx:
            lines = await accounts.statement(
                tx, address, asset, before=page.after_number, offset=page.offset, limit=page.limit + 1
            )
            total = await accounts.count_lines(tx, address, asset) if page.page else None
        shown = lines[: page.limit]
        return shown, shown[-1].version if len(lines) > page.limit else None, total

    async def trial_balance(self) -> list[Total]:
        """All accounts, summed by book, asset and the first word of their address."""
        async with self._db.read() as tx:
            return await accounts.trial_balance(tx)

    async def assets(self) -> dict[str, Asset]:
        """What the book keeps. Scales never change, so they are read once."""
        if not self._assets:
            async with self._db.read() as tx:
                self._assets = await accounts.assets(tx)
        return self._assets

    async def expire_holds(self) -> int:
        """Give back holds past their time. The id follows from the hold: a repeat changes nothing."""
        async with self._db.begin() as tx:
            due = await entries.due_holds(tx, EXPIRE_MAX)
        for hold_id in due:
            outcome = await self._bookkeeper.post(
                Entry(step_id(hold_id, "expire"), "expire", "hold.expired", hold_id=hold_id)
            )
            log.info("hold.expired", hold_id=str(hold_id), verdict=outcome.verdict.name)
        return len(due)

    async def check_books(self) -> list[str]:
        """Every broken invariant, in a sentence each; none is the proof."""
        async with self._db.begin() as tx:
            return await books.check_books(tx)

    async def _post(self, entry: Entry) -> EntryAccepted:
        if not entry.is_sound:
            raise EntryUnsound(
                "The entry moves nothing, or more than the book can count.", entry_id=str(entry.entry_id)
            )
        outcome = await self._bookkeeper.post(entry)
        if outcome.verdict.is_refusal:
            refusal, sentence = REFUSALS[outcome.verdict]
            raise refusal(sentence, entry_id=str(entry.entry_id))
        return _accepted(entry.entry_id, outcome, outcome.recorded_at)


def _accepted(entry_id: UUID, outcome: Outcome, recorded_at: datetime | None) -> EntryAccepted:
    assert recorded_at is not None, "what was accepted has its time"
    return EntryAccepted(
        entry_id=entry_id,
        repeated=outcome.verdict is Verdict.REPEATED,
        recorded_at=recorded_at,
        balances=tuple(map(_balance, outcome.standings)),
    )


def _movements(postings: tuple[Posting, ...]) -> tuple[Movement, ...]:
    return tuple(Movement(one.source, one.destination, one.asset, one.units) for one in postings)


def _balance(standing: Standing) -> Balance:
    return Balance(
        address=standing.address,
        asset=standing.asset,
        posted=standing.posted,
        held_out=standing.held_out,
        held_in=standing.held_in,
        version=standing.version,
    )
