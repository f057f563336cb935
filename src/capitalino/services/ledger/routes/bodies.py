"""What staff send to move money by hand, and the commands that it means."""

from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import ConfigDict, Field

from capitalino.contracts.ledger.api import (
    Address,
    AnyEntry,
    CaptureHold,
    Code,
    HoldUnits,
    PostEntry,
    Posting,
    ReleaseHold,
    ReverseEntry,
    Share,
)
from capitalino.contracts.money_wire import AmountText, AssetCode
from capitalino.kit.ids import step_id
from capitalino.services.ledger.routes.shapes import ADDRESS, In, Instant, MetadataIn, ReasonText
from capitalino.services.ledger.service.amounts import Amounts

BATCH_MAX = 1000
SENT: dict[str, Any] = {
    "code": "adjustment.correction",
    "postings": [{"source": "world:bank", "destination": ADDRESS, "amount": "12.50", "asset": "EUR"}],
    "reason": "Ticket 4711: a fee that was not booked",
}


class PostingIn(In):
    """An amount of one asset from one account to another."""

    source: Address
    destination: Address
    amount: AmountText
    asset: AssetCode

    def posting(self, amounts: Amounts) -> Posting:
        """In units."""
        units = amounts.moving(self.amount, self.asset)
        return Posting(source=self.source, destination=self.destination, asset=self.asset, units=units)


PostingsIn = Annotated[list[PostingIn], Field(min_length=1, max_length=50)]


class Aim(NamedTuple):
    """What a body is made a command with: its id, the hold or the entry that it is about, the decimals."""

    entry_id: UUID
    of: UUID | None
    amounts: Amounts

    @property
    def known(self) -> UUID:
        """The hold or the entry, where the path or the body has to name one."""
        assert self.of is not None, "whoever resolves or reverses says what"
        return self.of


class Moving(In):
    """What all of them say: a code for what it is."""

    code: Code

    @property
    def is_partial(self) -> bool:
        """Amounts of what it is about are given, so that its assets have to be known."""
        return False


class Dated(Moving):
    """`effective_at`: when it counts, if that is not now; never in a closed period."""

    effective_at: Instant | None = None
    metadata: MetadataIn = Field(default_factory=dict)


class Post(Dated):
    """Moves money, all postings or none."""

    postings: PostingsIn

    def command(self, to: Aim) -> PostEntry:
        """As the book takes it."""
        return PostEntry(
            entry_id=to.entry_id,
            code=self.code,
            postings=tuple(one.posting(to.amounts) for one in self.postings),
            effective_at=self.effective_at,
            metadata=self.metadata,
        )


class Hold(Dated):
    """Sets money aside, until `expires_at` at most."""

    postings: PostingsIn
    expires_at: Instant | None = None

    def command(self, to: Aim) -> HoldUnits:
        """As the book takes it."""
        return HoldUnits(
            entry_id=to.entry_id,
            code=self.code,
            postings=tuple(one.posting(to.amounts) for one in self.postings),
            expires_at=self.expires_at,
            effective_at=self.effective_at,
            metadata=self.metadata,
        )


class Capture(Dated):
    """Takes what was held, or `amount` of it, and gives back the rest; `further` is posted with it."""

    amount: AmountText | None = None
    further: Annotated[list[PostingIn], Field(max_length=50)] = Field(default_factory=list)

    @property
    def is_partial(self) -> bool:
        """A part of the hold is taken."""
        return self.amount is not None

    def command(self, to: Aim) -> CaptureHold:
        """As the book takes it."""
        return CaptureHold(
            entry_id=to.entry_id,
            hold_id=to.known,
            code=self.code,
            units=None if self.amount is None else to.amounts.part(to.known, 1, self.amount),
            further=tuple(one.posting(to.amounts) for one in self.further),
            effective_at=self.effective_at,
            metadata=self.metadata,
        )


class Release(Moving):
    """Gives back what was held."""

    def command(self, to: Aim) -> ReleaseHold:
        """As the book takes it."""
        return ReleaseHold(entry_id=to.entry_id, hold_id=to.known, code=self.code)


class ShareIn(In):
    """An amount of one posting, by its number from 1."""

    number: Annotated[int, Field(ge=1, le=100)]
    amount: AmountText


class Reversal(Dated):
    """Takes back what an entry moved: all of it, or these shares of its postings."""

    shares: Annotated[list[ShareIn], Field(max_length=100)] = Field(default_factory=list)

    @property
    def is_partial(self) -> bool:
        """A part of the entry is taken back."""
        return bool(self.shares)

    def command(self, to: Aim) -> ReverseEntry:
        """As the book takes it."""
        shares = [(one.number, to.amounts.part(to.known, one.number, one.amount)) for one in self.shares]
        return ReverseEntry(
            entry_id=to.entry_id,
            reverses=to.known,
            code=self.code,
            shares=tuple(Share(number=number, units=units) for number, units in shares),
            effective_at=self.effective_at,
            metadata=self.metadata,
        )


class Reasoned(In):
    """Why it is done."""

    reason: ReasonText


class EntryIn(Post, Reasoned):
    """An entry by hand."""

    model_config = ConfigDict(json_schema_extra={"examples": [SENT]})


class HoldIn(Hold, Reasoned):
    """A hold by hand."""


class CaptureIn(Capture, Reasoned):
    """The capture of a hold by hand."""


class ReleaseIn(Release, Reasoned):
    """The release of a hold by hand."""


class ReversalIn(Reversal, Reasoned):
    """The reversal of an entry."""


class BatchPost(Post):
    """In a batch."""

    kind: Literal["post"]


class BatchHold(Hold):
    """In a batch."""

    kind: Literal["hold"]


class BatchCapture(Capture):
    """In a batch."""

    kind: Literal["capture"]
    hold_id: UUID


class BatchRelease(Release):
    """In a batch."""

    kind: Literal["release"]
    hold_id: UUID


class BatchReversal(Reversal):
    """In a batch."""

    kind: Literal["reverse"]
    reverses: UUID


BatchItem = Annotated[
    BatchPost | BatchHold | BatchCapture | BatchRelease | BatchReversal, Field(discriminator="kind")
]


class BatchIn(Reasoned):
    """Up to 1,000 entries; `whole`: all or none, else each on its own merits.

    A hold and what resolves it do not stand in one batch.
    """

    entries: Annotated[list[BatchItem], Field(min_length=1, max_length=BATCH_MAX)]
    whole: bool = False

    def refs(self) -> list[UUID]:
        """Entries whose assets have to be known."""
        return [ref for one in self.entries if one.is_partial and (ref := _of(one)) is not None]

    def commands(self, to: Aim) -> list[AnyEntry]:
        """As the book takes them; the ids follow from that of the batch."""
        numbered = enumerate(self.entries, 1)
        return [
            one.command(Aim(step_id(to.entry_id, str(number)), _of(one), to.amounts))
            for number, one in numbered
        ]


def _of(one: BatchItem) -> UUID | None:
    if isinstance(one, BatchReversal):
        return one.reverses
    return one.hold_id if isinstance(one, BatchCapture | BatchRelease) else None
