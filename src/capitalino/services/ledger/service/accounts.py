"""Accounts, limits and periods. Keeps LedgerAccounts, LedgerControl and LedgerHistory."""

from hashlib import blake2b
from uuid import UUID

from capitalino.contracts.ledger.api import (
    AccountsAmended,
    AccountsOpened,
    AmendAccount,
    BalanceAt,
    BalancesRead,
    ClosePeriod,
    LimitsRead,
    OpenAccounts,
    PeriodClosed,
    ReadBalanceAt,
    ReadBalances,
    ReadLimits,
    SetLimits,
    WindowRead,
)
from capitalino.kit.db import Database
from capitalino.services.ledger.domain import Amendment, Opening, Verdict
from capitalino.services.ledger.errors.accounts import (
    AccountDiffers,
    AssetUnknown,
    BookUnknown,
    PeriodNotOver,
)
from capitalino.services.ledger.service.commands import balance
from capitalino.services.ledger.service.reading import Reading
from capitalino.services.ledger.service.refusals import AMENDMENT_REFUSALS
from capitalino.services.ledger.store import accounts, books, limits

FREEZE_IN, FREEZE_OUT, CLOSED = 1, 2, 4
CHANGES = {
    None: (0, 0),
    "freeze_in": (FREEZE_IN, 0),
    "freeze_out": (FREEZE_OUT, 0),
    "freeze": (FREEZE_IN | FREEZE_OUT, 0),
    "unfreeze": (0, FREEZE_IN | FREEZE_OUT),
    "close": (CLOSED, 0),
    "reopen": (0, CLOSED),
}
"""Bits of the account's state that a change sets and clears."""


class Accounts:
    """Where money may be, and how much of it may pass."""

    def __init__(self, db: Database, reading: Reading) -> None:
        self._db, self._reading = db, reading

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
            if opened.book_unknown is not None:
                raise BookUnknown("There is no such book.", book=openings[opened.book_unknown].book)
            if opened.asset_unknown is not None:
                raise AssetUnknown(
                    "The book keeps no such asset.", asset=openings[opened.asset_unknown].asset
                )
            if opened.differs is not None:
                one = openings[opened.differs]
                raise AccountDiffers("It is open with other bounds.", address=one.address, asset=one.asset)
        return AccountsOpened(opened=opened.opened)

    async def amend_account(self, command: AmendAccount) -> AccountsAmended:
        """Freeze, close, reopen or bound an account, or all of an address."""
        set_bits, clear_bits = CHANGES[command.state]
        amendment = Amendment(
            command.change_id,
            _fingerprint(command),
            command.address,
            command.asset,
            set_bits,
            clear_bits,
            command.floor,
            command.ceiling,
            command.by,
            command.reason,
        )
        async with self._db.begin() as tx:
            verdict = await accounts.amend(tx, amendment)
            if verdict.is_refusal:
                refusal, sentence = AMENDMENT_REFUSALS[verdict]
                raise refusal(sentence, address=command.address)
        return AccountsAmended(repeated=verdict is Verdict.REPEATED)

    async def close_period(self, command: ClosePeriod) -> PeriodClosed:
        """Nothing takes effect before that instant any more."""
        async with self._db.begin() as tx:
            if not await books.close_period(tx, command.book, command.until):
                if await books.is_known(tx, command.book):
                    raise PeriodNotOver("Only what has passed is closed.", until=command.until.isoformat())
                raise BookUnknown("There is no such book.", book=command.book)
        return PeriodClosed(book=command.book, until=command.until)

    async def set_limits(self, command: SetLimits) -> LimitsRead:
        """Replace the windows of a key."""
        async with self._db.begin() as tx:
            windows = [(one.seconds, one.units) for one in command.windows]
            await limits.replace(tx, command.limit_key, windows)
        return await self.read_limits(ReadLimits(limit_key=command.limit_key))

    async def read_limits(self, query: ReadLimits) -> LimitsRead:
        """A key's windows and what was used of each."""
        async with self._db.begin() as tx:
            found = await limits.read(tx, query.limit_key)
        return LimitsRead(
            windows=tuple(WindowRead(seconds=s, units=units, used=used) for s, units, used in found)
        )

    async def read_balances(self, query: ReadBalances) -> BalancesRead:
        """The accounts as they stand."""
        async with self._db.begin() as tx:  # not from a replica: balances are those of the book itself
            standings, as_of = await accounts.read_balances(tx, query.prefix, query.addresses)
        return BalancesRead(balances=tuple(map(balance, standings)), as_of=as_of)

    async def read_balance_at(self, query: ReadBalanceAt) -> BalanceAt:
        """One account at a time, on both axes."""
        recorded, effective = await self._reading.balance_at(
            query.address, query.asset, query.at, min_version=query.min_version
        )
        return BalanceAt(recorded=recorded, effective=effective)


def _fingerprint(command: AmendAccount) -> UUID:
    body = command.model_dump_json(exclude={"change_id"})
    return UUID(bytes=blake2b(body.encode(), digest_size=16).digest())
