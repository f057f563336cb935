"""The ledger over HTTP: an investor's own balances and statements, and the trial balance for staff."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from capitalino.contracts.ledger.api import Balance, ReadBalances
from capitalino.contracts.money_wire import AssetCode, MoneyOut
from capitalino.kit.auth import Investor, Staff
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.money import Asset, Money
from capitalino.services.ledger.domain import StatementFilter, StatementLine, Total
from capitalino.services.ledger.errors import AssetUnknown
from capitalino.services.ledger.service import Accounts, Reading


class BalanceOut(BaseModel):
    """What an investor has of an asset; `available` may still leave, `held` is set aside."""

    asset: str
    posted: MoneyOut
    available: MoneyOut
    held: MoneyOut
    version: int

    @classmethod
    def of(cls, balance: Balance, asset: Asset) -> Self:
        """With the asset's decimals."""
        return cls(
            asset=asset.code,
            posted=MoneyOut.of(Money(balance.posted, asset)),
            available=MoneyOut.of(Money(balance.available, asset)),
            held=MoneyOut.of(Money(balance.held_out, asset)),
            version=balance.version,
        )


class LineOut(BaseModel):
    """A movement: a minus stands in front of what left; `balance` is what was there after it."""

    entry_id: UUID
    kind: str
    code: str
    asset: str
    amount: MoneyOut
    balance: MoneyOut
    recorded_at: datetime
    effective_at: datetime
    metadata: dict[str, str]

    @classmethod
    def of(cls, line: StatementLine, asset: Asset) -> Self:
        """With the asset's decimals."""
        return cls(
            entry_id=line.entry_id,
            kind=line.kind,
            code=line.code,
            asset=asset.code,
            amount=MoneyOut.of(Money(line.units, asset)),
            balance=MoneyOut.of(Money(line.posted, asset)),
            recorded_at=line.recorded_at,
            effective_at=line.effective_at,
            metadata=line.metadata,
        )


class TotalOut(BaseModel):
    """The accounts below one first word of an address. Over all of them an asset adds up to nothing."""

    book: str
    asset: str
    root: str
    accounts: int
    debits: MoneyOut
    credits: MoneyOut
    balance: MoneyOut
    held: MoneyOut

    @classmethod
    def of(cls, total: Total, asset: Asset) -> Self:
        """With the asset's decimals."""
        return cls(
            book=total.book,
            asset=total.asset,
            root=total.root,
            accounts=total.accounts,
            debits=MoneyOut.of(Money(total.debits, asset)),
            credits=MoneyOut.of(Money(total.credits, asset)),
            balance=MoneyOut.of(Money(total.credits - total.debits, asset)),
            held=MoneyOut.of(Money(total.held, asset)),
        )


def routes(accounts: Accounts, reading: Reading) -> APIRouter:
    """The routes of the ledger."""
    router = APIRouter(prefix="/api/v1", tags=["ledger"])

    @router.get("/balances")
    async def balances(principal: Investor) -> Success[list[BalanceOut]]:
        """What the investor has, an asset each. Always from the book itself."""
        read = await accounts.read_balances(ReadBalances(prefix=_cash(principal.investor)))
        assets = await reading.assets()
        own = (one for one in read.balances if one.address == _cash(principal.investor))
        return ok([BalanceOut.of(one, assets[one.asset]) for one in own])

    @router.get("/statements")
    async def statements(
        principal: Investor,
        page: PageQuery,
        asset: Annotated[AssetCode, Query(description="The asset's code.")],
    ) -> Listed[LineOut]:
        """Movements of one asset with the running balance, newest first."""
        kept = (await reading.assets()).get(asset)
        if kept is None:
            raise AssetUnknown("The book keeps no such asset.", asset=asset)
        shown, following, total = await reading.statement(
            _cash(principal.investor), asset, page, only=StatementFilter()
        )
        cursor = None if following is None else encode_cursor(following)
        return listed([LineOut.of(one, kept) for one in shown], page, next_cursor=cursor, total=total)

    @router.get("/admin/ledger/trial-balance")
    async def trial_balance(_: Staff) -> Success[list[TotalOut]]:
        """All accounts of the book, summed by the first word of their address."""
        assets = await reading.assets()
        return ok([TotalOut.of(one, assets[one.asset]) for one in await reading.trial_balance()])

    return router


def _cash(investor_id: UUID) -> str:
    return f"investor:{investor_id}:cash"
