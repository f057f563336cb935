"""Entries for staff, in full; balances of any address."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from capitalino.contracts.ledger.api import Address, Code, ReadBalances
from capitalino.contracts.money_wire import AssetCode
from capitalino.kit.auth import Staff
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.message import Units
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.ledger.domain import StatementFilter, Verdict
from capitalino.services.ledger.errors.accounts import AccountUnknown
from capitalino.services.ledger.routes.shapes import (
    ADDRESS,
    Assets,
    Axis,
    EntryLineOut,
    Instant,
    PostingOut,
    StandingOut,
)
from capitalino.services.ledger.service.desk import Desk
from capitalino.services.ledger.service.directory import EntryRecord, ListedLine, RelatedRecord
from capitalino.services.ledger.service.refusals import REFUSALS


class ListedLineOut(BaseModel):
    """A line of an account with its entry."""

    entry_id: UUID
    kind: str
    code: str
    refers_to: UUID | None
    recorded_at: datetime
    effective_at: datetime
    metadata: dict[str, str]
    line: EntryLineOut

    @classmethod
    def of(cls, listed_line: ListedLine, assets: Assets) -> Self:
        """As staff see it."""
        told = listed_line._asdict() | {"line": EntryLineOut.from_line(listed_line.line, assets)}
        return cls(**told)


class RelatedOut(BaseModel):
    """An accepted entry that refers to this one: a reversal, or what resolved the hold."""

    entry_id: UUID
    kind: str
    code: str
    recorded_at: datetime

    @classmethod
    def of(cls, related: RelatedRecord) -> Self:
        """As staff see it."""
        return cls(**related._asdict())


class FullEntryOut(BaseModel):
    """An entry with everything that is kept of it.

    `refusal` is why it was refused, `is_open` is of a hold. `related` is null when so much has happened on
    its accounts since that not all was looked through; what was reversed stands at each posting anyway.
    """

    entry_id: UUID
    kind: str
    code: str
    state: Literal["accepted", "refused"]
    refusal: str | None
    book: str
    refers_to: UUID | None
    recorded_at: datetime
    effective_at: datetime
    expires_at: datetime | None
    is_open: bool
    limit_key: str | None
    reference_units: Units | None
    metadata: dict[str, str]
    postings: list[PostingOut]
    lines: list[EntryLineOut]
    related: list[RelatedOut] | None

    @classmethod
    def of(cls, entry: EntryRecord, assets: Assets) -> Self:
        """As staff see it."""
        is_accepted = entry.verdict is Verdict.ACCEPTED
        return cls(
            entry_id=entry.entry_id,
            kind=entry.kind,
            code=entry.code,
            state="accepted" if is_accepted else "refused",
            refusal=None if is_accepted else REFUSALS[entry.verdict][0].code,
            book=entry.book,
            refers_to=entry.refers_to,
            recorded_at=entry.recorded_at,
            effective_at=entry.effective_at,
            expires_at=entry.expires_at,
            is_open=entry.is_open,
            limit_key=entry.limit_key,
            reference_units=entry.reference_units,
            metadata=entry.metadata,
            postings=[PostingOut.of(one, assets) for one in entry.postings],
            lines=[EntryLineOut.from_line(one, assets) for one in entry.lines],
            related=None if entry.related is None else [RelatedOut.of(one) for one in entry.related],
        )


AddressQuery = Annotated[Address, Query(description="Of which address.", examples=[ADDRESS])]
AtQuery = Annotated[Instant | None, Query(description="The balances at this instant; left out: now.")]


async def _filter(
    since: Annotated[Instant | None, Query(description="Recorded then or later.")] = None,
    until: Annotated[Instant | None, Query(description="Recorded before.")] = None,
    code: Annotated[list[Code] | None, Query(max_length=20, description="Only these codes.")] = None,
) -> StatementFilter:
    return StatementFilter(since, until, tuple(code or ()))


FilterQuery = Annotated[StatementFilter, Depends(_filter)]


def routes(desk: Desk) -> APIRouter:
    """Reading only: `orders.py` has what writes."""
    router = APIRouter()

    @router.get("/balances")
    async def balances(
        _: Staff, address: AddressQuery, at: AtQuery = None, axis: Axis = "recorded"
    ) -> Success[list[StandingOut]]:
        """The accounts of an address, now or at a time. Refuses: `ledger.account_unknown`."""
        assets = await desk.reading.assets()
        if at is not None:
            then = await desk.directory.balances_at(address, at, effective=axis == "effective")
            return ok([StandingOut.of(one, assets) for one in then])
        read = await desk.accounts.read_balances(ReadBalances(addresses=(address,)))
        return _there([StandingOut.of(one, assets) for one in read.balances], address)

    @router.get("/entries")
    async def entries(
        _: Staff, page: PageQuery, address: AddressQuery, asset: AssetCode, only: FilterQuery
    ) -> Listed[ListedLineOut]:
        """The lines of an account with their entries, holds too, newest first; refused entries have none."""
        shown, following = await desk.directory.entries_of(address, asset, page, only)
        assets, cursor = await desk.reading.assets(), None if following is None else encode_cursor(following)
        return listed([ListedLineOut.of(one, assets) for one in shown], page, next_cursor=cursor)

    @router.get("/entries/{entry_id}")
    async def entry(_: Staff, entry_id: UUID) -> Success[FullEntryOut]:
        """An entry, accepted or refused, with all that belongs to it. Refuses: `ledger.entry_unknown`."""
        return ok(FullEntryOut.of(await desk.directory.entry(entry_id), await desk.reading.assets()))

    return router


def _there(found: list[StandingOut], address: str) -> Success[list[StandingOut]]:
    if not found:
        raise AccountUnknown("There is no such account.", address=address)
    return ok(found)
