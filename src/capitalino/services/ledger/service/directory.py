"""Looking things up in the book: accounts, entries, holds, books. Staff find all, investors their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from capitalino.kit.db import Database, Tx
from capitalino.kit.pages import CursorUnknown, Page, PageTooDeep
from capitalino.services.ledger.domain import Standing, StatementFilter, Total, Verdict
from capitalino.services.ledger.errors.accounts import AccountUnknown
from capitalino.services.ledger.errors.entries import EntryUnknown
from capitalino.services.ledger.store import accounts, directory, history
from capitalino.services.ledger.store.records import (
    AccountChange,
    AccountFilter,
    AccountRecord,
    BookRecord,
    EntryRecord,
    LineRecord,
    ListedLine,
    PostingRecord,
    RelatedRecord,
)

__all__ = [
    "AccountChange",
    "AccountFilter",
    "AccountRecord",
    "BookRecord",
    "ClientMoney",
    "Directory",
    "EntryRecord",
    "LineRecord",
    "ListedLine",
    "PostingRecord",
    "RelatedRecord",
    "own_prefix",
]
CLIENTS = frozenset({"investor", "merchant"})
OUTSIDE = "world"


@dataclass(frozen=True, slots=True)
class ClientMoney:
    """Whose the money is, of one asset in one book.

    `client` is what we owe investors and merchants, `company` what is the company's own (fees, spread, what
    is on its way), `outside` what the world holds for us: the accounts of banks, venues and chains, seen from
    us. Every posting has two sides, so client and company together are what is outside.
    """

    book: str
    asset: str
    client: int
    company: int
    outside: int

    @property
    def difference(self) -> int:
        """What would be left outside if all clients were paid. Below zero: their money is not covered."""
        return self.outside - self.client


class Directory:
    """Finds. What somebody may see of it is decided here, not in the routes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def accounts(
        self, only: AccountFilter, page: Page
    ) -> tuple[list[AccountRecord], int | None, int | None]:
        """Accounts as they were opened; where the next page begins; a count for numbered pages."""
        async with self._db.read() as tx:
            found = await directory.page(
                tx, only, after=page.after_number, offset=page.offset, limit=page.limit + 1
            )
            total = await directory.count(tx, only) if page.page else None
        shown = found[: page.limit]
        return shown, shown[-1].account_id if len(found) > page.limit else None, total

    async def account(self, address: str, asset: str) -> tuple[AccountRecord, int]:
        """One account, and how often its state or bounds were changed."""
        async with self._db.begin() as tx:  # what is to be changed is read from the book itself
            found = await account_of(tx, address, asset)
            return found, await directory.count_changes(tx, found.account_id)

    async def changes(self, address: str, asset: str, page: Page) -> tuple[list[AccountChange], str | None]:
        """What was changed of an account's state and bounds, newest first; where the next page begins."""
        async with self._db.read() as tx:
            account = await account_of(tx, address, asset)
            found = await directory.changes(
                tx, account.account_id, before=position(page), offset=page.offset, limit=page.limit + 1
            )
        shown = found[: page.limit]
        following = (
            _position_of(shown[-1].changed_at, shown[-1].change_id) if len(found) > page.limit else None
        )
        return shown, following

    async def balances_at(self, address: str, at: datetime, *, effective: bool) -> list[Standing]:
        """The accounts of an address at a time. AccountUnknown, not nought, where none was ever opened."""
        async with self._db.read() as tx:
            found = await directory.balances_at(tx, address, at, effective=effective)
        if not found:
            raise AccountUnknown("There is no such account.", address=address)
        return found

    async def entry(self, entry_id: UUID) -> EntryRecord:
        """An entry with all that belongs to it; from the book itself, since it may be a moment old."""
        async with self._db.begin() as tx:
            found = await history.find(tx, entry_id)
        if found is None:
            raise EntryUnknown("There is no such entry.", entry_id=str(entry_id))
        return found

    async def moved_assets(self, entry_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[str | None]]:
        """The asset of each posting of these entries: what amounts of them are written in."""
        if not entry_ids:
            return {}
        async with self._db.begin() as tx:
            return await history.moved_assets(tx, entry_ids)

    async def own_entry(self, investor_id: UUID, entry_id: UUID) -> EntryRecord:
        """An accepted entry that touches the investor's accounts: what of it is theirs."""
        found, prefix = await self.entry(entry_id), own_prefix(investor_id)
        own = tuple(_discreet(one, prefix) for one in found.postings if _touches(one, prefix))
        if not own or found.verdict is not Verdict.ACCEPTED:
            raise EntryUnknown("There is no such entry.", entry_id=str(entry_id))
        lines = tuple(one for one in found.lines if one.standing.address.startswith(prefix))
        return replace(found, postings=own, lines=lines, related=())

    async def entries_of(
        self, address: str, asset: str, page: Page, only: StatementFilter
    ) -> tuple[list[ListedLine], int | None]:
        """The lines of an account with their entries, newest first, holds too; where the next page begins."""
        if page.page:
            raise PageTooDeep("The lines of an account are read by cursor.")
        async with self._db.read() as tx:
            account = await account_of(tx, address, asset)
            found = await history.of_account(
                tx, account.account_id, only=only, before=page.after_number, limit=page.limit + 1
            )
        shown = found[: page.limit]
        return shown, shown[-1].line.standing.version if len(found) > page.limit else None

    async def own_holds(self, investor_id: UUID, page: Page) -> tuple[list[EntryRecord], str | None]:
        """Open holds that touch the investor's accounts, newest first, shown as `own_entry` does."""
        prefix = own_prefix(investor_id)
        async with self._db.read() as tx:
            found = await history.open_holds(
                tx, prefix, before=position(page), offset=page.offset, limit=page.limit + 1
            )
        shown = [
            replace(one, postings=tuple(_discreet(p, prefix) for p in one.postings if _touches(p, prefix)))
            for one in found[: page.limit]
        ]
        following = (
            _position_of(shown[-1].recorded_at, shown[-1].entry_id) if len(found) > page.limit else None
        )
        return shown, following

    async def books(self) -> list[BookRecord]:
        """All books, and until when each is closed."""
        async with self._db.begin() as tx:
            return list(await directory.books(tx))

    async def client_money(self) -> list[ClientMoney]:
        """Client money and company money apart, by book and asset."""
        async with self._db.read() as tx:
            totals = await accounts.trial_balance(tx)
        places = dict.fromkeys((one.book, one.asset) for one in totals)
        return [_apart(place, [one for one in totals if (one.book, one.asset) == place]) for place in places]


def own_prefix(investor_id: UUID) -> str:
    """How the addresses of an investor begin."""
    return f"investor:{investor_id}:"


def position(page: Page) -> tuple[datetime, UUID] | None:
    """Where a page begins that is ordered by time: the instant and, of one instant, the id."""
    if page.after is None:
        return None
    at, _, key = page.after.partition("|")
    try:
        return datetime.fromisoformat(at), UUID(key)
    except ValueError:
        raise CursorUnknown("The cursor is not one of ours.") from None


async def account_of(tx: Tx, address: str, asset: str) -> AccountRecord:
    """One account; AccountUnknown when it is not open."""
    found = await directory.find(tx, address, asset)
    if found is None:
        raise AccountUnknown("There is no such account.", address=address, asset=asset)
    return found


def _position_of(at: datetime, key: UUID) -> str:
    return f"{at.isoformat()}|{key}"


def _touches(posting: PostingRecord, prefix: str) -> bool:
    return any(one is not None and one.startswith(prefix) for one in posting[1:3])


def _discreet(posting: PostingRecord, prefix: str) -> PostingRecord:
    """With one's own addresses; of others only what they are."""

    def shown(address: str | None) -> str | None:
        return address if address is None or address.startswith(prefix) else address.split(":", 1)[0]

    return posting._replace(source=shown(posting.source), destination=shown(posting.destination))


def _apart(place: tuple[str, str], totals: list[Total]) -> ClientMoney:
    client = sum(one.credits - one.debits for one in totals if one.root in CLIENTS)
    outside = sum(one.debits - one.credits for one in totals if one.root == OUTSIDE)
    company = sum(one.credits - one.debits for one in totals if one.root not in {*CLIENTS, OUTSIDE})
    return ClientMoney(*place, client, company, outside)
