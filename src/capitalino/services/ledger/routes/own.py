"""What investors see of the book: their own accounts, balances, holds and entries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from capitalino.contracts.ledger.api import Balance, ReadBalances
from capitalino.contracts.money_wire import MoneyOut
from capitalino.kit.auth import Investor
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.ledger.domain import Standing
from capitalino.services.ledger.routes.shapes import (
    Assets,
    Axis,
    EntryLineOut,
    Instant,
    PostingOut,
    StandingOut,
    money,
)
from capitalino.services.ledger.service.desk import Desk
from capitalino.services.ledger.service.directory import AccountFilter, AccountRecord, EntryRecord, own_prefix


class BalanceOut(BaseModel):
    """What an investor has of an asset; `available` may still leave, `held` is set aside."""

    asset: str
    posted: MoneyOut
    available: MoneyOut
    held: MoneyOut
    version: int

    @classmethod
    def of(cls, balance: Balance | Standing, assets: Assets) -> Self:
        """With the asset's decimals."""
        asset = assets[balance.asset]
        return cls(
            asset=asset.code,
            posted=money(balance.posted, asset),
            available=money(balance.posted - balance.held_out, asset),
            held=money(balance.held_out, asset),
            version=balance.version,
        )


class AccountOut(StandingOut):
    """An account of one's own. What is frozen takes in, or gives out, nothing until it is unfrozen."""

    state: str
    opened_at: datetime

    @classmethod
    def from_record(cls, account: AccountRecord, assets: Assets) -> Self:
        """As its owner sees it."""
        return cls.of(account.standing, assets, state=account.state, opened_at=account.opened_at)


class HoldOut(BaseModel):
    """Money that is set aside until it is taken, given back or `expires_at`."""

    hold_id: UUID
    code: str
    postings: list[PostingOut]
    recorded_at: datetime
    expires_at: datetime | None
    metadata: dict[str, str]

    @classmethod
    def of(cls, hold: EntryRecord, assets: Assets) -> Self:
        """As its owner sees it."""
        return cls(
            hold_id=hold.entry_id,
            code=hold.code,
            postings=[PostingOut.of(one, assets) for one in hold.postings],
            recorded_at=hold.recorded_at,
            expires_at=hold.expires_at,
            metadata=hold.metadata,
        )


class EntryOut(BaseModel):
    """An entry as far as it is one's own: the postings that touch one's accounts, and their lines."""

    entry_id: UUID
    kind: str
    code: str
    refers_to: UUID | None
    recorded_at: datetime
    effective_at: datetime
    metadata: dict[str, str]
    postings: list[PostingOut]
    lines: list[EntryLineOut]

    @classmethod
    def of(cls, entry: EntryRecord, assets: Assets) -> Self:
        """As its owner sees it."""
        return cls(
            entry_id=entry.entry_id,
            kind=entry.kind,
            code=entry.code,
            refers_to=entry.refers_to,
            recorded_at=entry.recorded_at,
            effective_at=entry.effective_at,
            metadata=entry.metadata,
            postings=[PostingOut.of(one, assets) for one in entry.postings],
            lines=[EntryLineOut.from_line(one, assets) for one in entry.lines],
        )


BALANCES = """
What the investor has, an asset each: now, from the book itself, or at a time.

At a time, `held` is what was set aside by then as recorded, on both axes. Refuses with `at`:
`ledger.account_unknown` where nothing was ever opened.
"""
AtQuery = Annotated[Instant | None, Query(description="The balances at this instant; left out: now.")]


def routes(desk: Desk) -> APIRouter:
    """Whose they are comes from the token alone."""
    router = APIRouter()

    @router.get("/balances", description=BALANCES)
    async def balances(
        principal: Investor, at: AtQuery = None, axis: Axis = "recorded"
    ) -> Success[list[BalanceOut]]:
        """What the investor has, an asset each."""
        cash, assets = f"{own_prefix(principal.investor)}cash", await desk.reading.assets()
        found = await _standings(desk, cash, at, axis)
        return ok([BalanceOut.of(one, assets) for one in found])

    @router.get("/accounts")
    async def accounts(principal: Investor, page: PageQuery) -> Listed[AccountOut]:
        """The investor's accounts, as they were opened."""
        only = AccountFilter(prefix=own_prefix(principal.investor))
        shown, following, total = await desk.directory.accounts(only, page)
        assets, cursor = await desk.reading.assets(), None if following is None else encode_cursor(following)
        rows = [AccountOut.from_record(one, assets) for one in shown]
        return listed(rows, page, next_cursor=cursor, total=total)

    @router.get("/holds")
    async def holds(principal: Investor, page: PageQuery) -> Listed[HoldOut]:
        """Open holds on the investor's accounts, newest first."""
        shown, following = await desk.directory.own_holds(principal.investor, page)
        assets, cursor = await desk.reading.assets(), None if following is None else encode_cursor(following)
        return listed([HoldOut.of(one, assets) for one in shown], page, next_cursor=cursor)

    @router.get("/entries/{entry_id}")
    async def entry(principal: Investor, entry_id: UUID) -> Success[EntryOut]:
        """An entry that touches the investor's accounts; others are not there (`ledger.entry_unknown`)."""
        found = await desk.directory.own_entry(principal.investor, entry_id)
        return ok(EntryOut.of(found, await desk.reading.assets()))

    return router


async def _standings(
    desk: Desk, address: str, at: datetime | None, axis: str
) -> Sequence[Balance | Standing]:
    if at is not None:
        return await desk.directory.balances_at(address, at, effective=axis == "effective")
    return (await desk.accounts.read_balances(ReadBalances(addresses=(address,)))).balances
