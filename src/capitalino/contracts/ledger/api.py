"""What the ledger can be asked. Every command carries its own id and may be repeated."""

from typing import Annotated, Literal, Protocol
from uuid import UUID

from pydantic import AwareDatetime, Field

from capitalino.kit.message import Answer, Command, Units

Address = Annotated[str, Field(pattern=r"^[a-z]+(:[A-Za-z0-9._-]+)+$", max_length=120)]
AssetCode = Annotated[str, Field(pattern=r"^[A-Z0-9._-]{2,20}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z_.]{1,60}$")]
Metadata = Annotated[dict[str, str], Field(max_length=20)]
Side = Literal["credit", "debit"]


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


Postings = Annotated[tuple[Posting, ...], Field(min_length=1, max_length=50)]


class PostEntry(Command):
    """Move money, all postings or none. The same id again, with the same body, moves nothing more."""

    entry_id: UUID
    code: Code
    postings: Postings
    effective_at: AwareDatetime | None = None
    metadata: Metadata = Field(default_factory=dict)
    reference_units: Units | None = None
    """What it counts against the owner's limits, in the base asset; None: not limited."""


class HoldUnits(Command):
    """Set money aside; it counts against the source's balance at once."""

    entry_id: UUID
    code: Code
    postings: Postings
    expires_at: AwareDatetime | None = None
    effective_at: AwareDatetime | None = None
    metadata: Metadata = Field(default_factory=dict)
    reference_units: Units | None = None


class CaptureHold(Command):
    """Take what was held, or `units` of it and release the rest; `further` is posted in the same entry."""

    entry_id: UUID
    hold_id: UUID
    code: Code
    units: Annotated[Units, Field(gt=0)] | None = None
    further: Annotated[tuple[Posting, ...], Field(max_length=50)] = ()
    effective_at: AwareDatetime | None = None
    metadata: Metadata = Field(default_factory=dict)


class ReleaseHold(Command):
    """Give back what was held."""

    entry_id: UUID
    hold_id: UUID
    code: Code


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


class FindEntry(Command):
    """Is there an entry of this id?"""

    entry_id: UUID


class EntryFound(Answer):
    """`state` is None when the ledger has never seen the id; refused ids are remembered with their code."""

    entry_id: UUID
    state: Literal["accepted", "refused"] | None
    code: str | None = None
    recorded_at: AwareDatetime | None = None


class ReadBalances(Command):
    """Balances of the accounts below a prefix (`investor:<id>:`), or of single addresses."""

    prefix: str | None = None
    addresses: Annotated[tuple[Address, ...], Field(max_length=200)] = ()


class BalancesRead(Answer):
    """One row an account; an address that was never opened is left out."""

    balances: tuple[Balance, ...]
    as_of: AwareDatetime


class LedgerEntries(Protocol):
    """Moving money."""

    async def post_entry(self, command: PostEntry) -> EntryAccepted:
        """Refuses: insufficient_funds, ceiling_reached, account_barred, account_unknown, entry_id_reused."""
        ...

    async def hold_units(self, command: HoldUnits) -> EntryAccepted:
        """Refuses as `post_entry` does."""
        ...

    async def capture_hold(self, command: CaptureHold) -> EntryAccepted:
        """Refuses also: hold_unknown, hold_resolved, not_part_of_hold."""
        ...

    async def release_hold(self, command: ReleaseHold) -> EntryAccepted:
        """Refuses: hold_unknown, hold_resolved."""
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
