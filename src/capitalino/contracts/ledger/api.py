"""What the ledger can be asked. Every command carries its own id and may be repeated."""

from typing import Annotated, Literal, Protocol
from uuid import UUID

from pydantic import AwareDatetime, Field

from capitalino.kit.message import Answer, Command, Rate, Units

Address = Annotated[str, Field(pattern=r"^[a-z]+(:[A-Za-z0-9._-]+)+$", max_length=120)]
AssetCode = Annotated[str, Field(pattern=r"^[A-Z0-9._-]{2,20}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z_.]{1,60}$")]
Metadata = Annotated[dict[str, str], Field(max_length=20)]
Side = Literal["credit", "debit"]
LimitKey = Annotated[str, Field(pattern=r"^[a-z]+(:[A-Za-z0-9._-]+)+$", max_length=120)]
"""What is limited, by its owner: `investor:<id>:withdrawal`."""
Reason = Annotated[str, Field(min_length=3, max_length=300)]


class Account(Command):
    """A place for one asset.

    `floor` and `ceiling` bind the balance (credits minus debits); None leaves that side open.
    """

    address: Address
    asset: AssetCode
    normal: Side = "credit"
    floor: Units | None = 0
    ceiling: Units | None = None
    book: str = "main"


class OpenAccounts(Command):
    """Open accounts; one that is already open with the same bounds is left as it is."""

    accounts: Annotated[tuple[Account, ...], Field(min_length=1, max_length=100)]


class AccountsOpened(Answer):
    """How many of them were new."""

    opened: int


class Posting(Command):
    """Units of one asset from one account to another."""

    source: Address
    destination: Address
    asset: AssetCode
    units: Annotated[Units, Field(gt=0)]


class Exchange(Command):
    """The terms of an exchange inside an entry.

    Who gives gets at most what the rate makes of it, rounded down. Spread and fee are postings of their own.
    """

    quote_id: UUID
    rate: Rate
    """Of `got`, for a whole one of `given`."""
    given: AssetCode
    got: AssetCode


Postings = Annotated[tuple[Posting, ...], Field(min_length=1, max_length=50)]


class PostEntry(Command):
    """Move money, all postings or none. The same id again, with the same body, moves nothing more."""

    kind: Literal["post"] = "post"
    entry_id: UUID
    code: Code
    postings: Postings
    effective_at: AwareDatetime | None = None
    metadata: Metadata = Field(default_factory=dict)
    reference_units: Units | None = None
    """What it counts against the limit of `limit_key`, in the base asset; both None: not limited."""
    limit_key: LimitKey | None = None
    exchange: Exchange | None = None


class HoldUnits(Command):
    """Set money aside; it counts against the source's balance and its limit at once."""

    kind: Literal["hold"] = "hold"
    entry_id: UUID
    code: Code
    postings: Postings
    expires_at: AwareDatetime | None = None
    effective_at: AwareDatetime | None = None
    metadata: Metadata = Field(default_factory=dict)
    reference_units: Units | None = None
    limit_key: LimitKey | None = None


class CaptureHold(Command):
    """Take what was held, or `units` of it and release the rest; `further` is posted in the same entry."""

    kind: Literal["capture"] = "capture"
    entry_id: UUID
    hold_id: UUID
    code: Code
    units: Annotated[Units, Field(gt=0)] | None = None
    further: Annotated[tuple[Posting, ...], Field(max_length=50)] = ()
    effective_at: AwareDatetime | None = None
    metadata: Metadata = Field(default_factory=dict)
    exchange: Exchange | None = None


class ReleaseHold(Command):
    """Give back what was held, and the use of its limit."""

    kind: Literal["release"] = "release"
    entry_id: UUID
    hold_id: UUID
    code: Code


class Share(Command):
    """Units of one posting of an entry, by its number from 1."""

    number: Annotated[int, Field(ge=1, le=100)]
    units: Annotated[Units, Field(gt=0)]


class ReverseEntry(Command):
    """Take back an entry that moved money, or a capture: wholly, or these shares of its postings.

    All reversals of an entry together never take back more than it moved.
    """

    kind: Literal["reverse"] = "reverse"
    entry_id: UUID
    reverses: UUID
    code: Code
    shares: Annotated[tuple[Share, ...], Field(max_length=100)] = ()
    effective_at: AwareDatetime | None = None
    metadata: Metadata = Field(default_factory=dict)


AnyEntry = Annotated[
    PostEntry | HoldUnits | CaptureHold | ReleaseHold | ReverseEntry, Field(discriminator="kind")
]


class PostEntries(Command):
    """Many entries at once. `whole`: all or none, else each on its own merits.

    A hold and what resolves it do not stand in one batch. Of a refused whole, every id is spent.
    """

    entries: Annotated[tuple[AnyEntry, ...], Field(min_length=1, max_length=1000)]
    whole: bool = False


class Balance(Answer):
    """An account as it stands: `posted` is credits minus debits, `available` is what may still leave."""

    address: str
    asset: str
    posted: Units
    held_out: Units
    held_in: Units
    version: int

    @property
    def available(self) -> int:
        """What may still leave, open holds taken off."""
        return self.posted - self.held_out


class EntryAccepted(Answer):
    """The entry stands.

    `repeated`: it stood already. Balances are those after it, of the accounts that it touched.
    """

    entry_id: UUID
    repeated: bool
    recorded_at: AwareDatetime
    balances: tuple[Balance, ...]


class EntryOutcome(Answer):
    """What became of one of many. `unknown`: ask again with the same id."""

    entry_id: UUID
    state: Literal["accepted", "repeated", "refused", "unknown"]
    code: str | None = None
    recorded_at: AwareDatetime | None = None
    balances: tuple[Balance, ...] | None = None
    """None also where all of them would be too many for one answer."""


class EntriesAnswered(Answer):
    """One outcome an entry, in their order."""

    outcomes: tuple[EntryOutcome, ...]


class FindEntry(Command):
    """Is there an entry of this id?"""

    entry_id: UUID


class EntryFound(Answer):
    """`state` is None when the ledger has never seen the id; refused ids are remembered with their code."""

    entry_id: UUID
    state: Literal["accepted", "refused"] | None
    code: str | None = None
    recorded_at: AwareDatetime | None = None


class AmendAccount(Command):
    """Freeze, close or bound an account, or all accounts of an address (`asset` None).

    `none` takes a bound away. Closing wants an empty account; new bounds hold at once, for the balance too.
    """

    change_id: UUID
    address: Address
    asset: AssetCode | None = None
    state: Literal["freeze_in", "freeze_out", "freeze", "unfreeze", "close", "reopen"] | None = None
    floor: Units | Literal["none"] | None = None
    ceiling: Units | Literal["none"] | None = None
    by: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Reason


class AccountsAmended(Answer):
    """The change stands. `repeated`: it stood already."""

    repeated: bool


class Window(Command):
    """At most so many units of the base asset within the last `seconds`."""

    seconds: Annotated[int, Field(gt=0, le=400 * 86_400)]
    units: Annotated[Units, Field(ge=0)]


class SetLimits(Command):
    """All windows of a key; what was set before is replaced. None at all: nothing may pass."""

    limit_key: LimitKey
    windows: Annotated[tuple[Window, ...], Field(max_length=10)]


class ReadLimits(Command):
    """A key's windows and what was used of each."""

    limit_key: LimitKey


class WindowRead(Answer):
    """One window: what it allows, and what accepted entries have used within it."""

    seconds: int
    units: Units
    used: Units


class LimitsRead(Answer):
    """The windows of a key, the shortest first."""

    windows: tuple[WindowRead, ...]


class ClosePeriod(Command):
    """Nothing takes effect in this book before `until` any more. It is never opened again."""

    book: str
    until: AwareDatetime


class PeriodClosed(Answer):
    """The book is closed until then, or for longer."""

    book: str
    until: AwareDatetime


class ReadBalances(Command):
    """Balances of the accounts below a prefix (`investor:<id>:`), or of single addresses."""

    prefix: str | None = None
    addresses: Annotated[tuple[Address, ...], Field(max_length=200)] = ()


class BalancesRead(Answer):
    """One row an account; an address that was never opened is left out."""

    balances: tuple[Balance, ...]
    as_of: AwareDatetime


class ReadBalanceAt(Command):
    """One account at a time; `min_version` makes a replica that is behind be passed over."""

    address: Address
    asset: AssetCode
    at: AwareDatetime
    min_version: int = 0


class BalanceAt(Answer):
    """`recorded`: as the book knew it then. `effective`: as it was by what is known now, back-dated entries
    included."""

    recorded: Units
    effective: Units


class LedgerEntries(Protocol):
    """Moving money."""

    async def post_entry(self, command: PostEntry) -> EntryAccepted:
        """Refuses: insufficient_funds, ceiling_reached, account_barred, account_unknown, entry_id_reused,
        limit_reached, period_closed, exchange_unfair."""
        ...

    async def hold_units(self, command: HoldUnits) -> EntryAccepted:
        """Refuses as `post_entry` does."""
        ...

    async def capture_hold(self, command: CaptureHold) -> EntryAccepted:
        """Refuses also: hold_unknown, hold_resolved, not_part, exchange_unfair."""
        ...

    async def release_hold(self, command: ReleaseHold) -> EntryAccepted:
        """Refuses: hold_unknown, hold_resolved."""
        ...

    async def reverse_entry(self, command: ReverseEntry) -> EntryAccepted:
        """Refuses also: entry_unknown, entry_reversed, not_part, and as `post_entry` does."""
        ...

    async def post_entries(self, command: PostEntries) -> EntriesAnswered:
        """Refuses only what cannot be judged at all; each entry has its own outcome."""
        ...

    async def preview_entries(self, command: PostEntries) -> EntriesAnswered:
        """What would become of them now. Nothing is written and no id is spent."""
        ...

    async def find_entry(self, query: FindEntry) -> EntryFound:
        """What became of an id."""
        ...


class LedgerAccounts(Protocol):
    """Opening accounts and reading them."""

    async def open_accounts(self, command: OpenAccounts) -> AccountsOpened:
        """Refuses: account_differs (open with other bounds), asset_unknown."""
        ...

    async def read_balances(self, query: ReadBalances) -> BalancesRead:
        """Always from the book itself, never from a read model."""
        ...


class LedgerControl(Protocol):
    """What may pass: freezes, bounds, limits, closed periods."""

    async def amend_account(self, command: AmendAccount) -> AccountsAmended:
        """Refuses: account_unknown, account_not_empty, balance_out_of_bounds, change_id_reused."""
        ...

    async def close_period(self, command: ClosePeriod) -> PeriodClosed:
        """Refuses: period_not_over, book_unknown."""
        ...

    async def set_limits(self, command: SetLimits) -> LimitsRead:
        """From the next command on."""
        ...

    async def read_limits(self, query: ReadLimits) -> LimitsRead:
        """As they stand."""
        ...


class LedgerHistory(Protocol):
    """The book at another time."""

    async def read_balance_at(self, query: ReadBalanceAt) -> BalanceAt:
        """Refuses: account_unknown."""
        ...
