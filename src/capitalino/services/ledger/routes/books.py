"""The books as wholes: closes, limits, the trial balance, whose the money is."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, model_validator

from capitalino.contracts.ledger.api import (
    ClosePeriod,
    LimitKey,
    LimitsRead,
    ReadLimits,
    SetLimits,
    Window,
)
from capitalino.contracts.money_wire import MoneyOut
from capitalino.kit.auth import Principal, Staff, may
from capitalino.kit.http import Success, ok
from capitalino.kit.message import Units
from capitalino.services.ledger.domain import Total
from capitalino.services.ledger.routes.shapes import BOOK, Assets, In, Instant, ReasonText, money
from capitalino.services.ledger.service.desk import Desk
from capitalino.services.ledger.service.directory import BookRecord, ClientMoney

Closer = Annotated[Principal, may("treasurer", "admin")]
Limiter = Annotated[Principal, may("compliance", "operator", "admin")]
BookPath = Annotated[str, Path(pattern=BOOK, examples=["game"])]
KeyPath = Annotated[LimitKey, Path(examples=["investor:0190a4d2-7b1c-7000-8a00-000000000001:withdrawal"])]
WINDOW_MAX_S = 400 * 86_400


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
    def of(cls, total: Total, assets: Assets) -> Self:
        """With the asset's decimals."""
        asset = assets[total.asset]
        return cls(
            book=total.book,
            asset=total.asset,
            root=total.root,
            accounts=total.accounts,
            debits=money(total.debits, asset),
            credits=money(total.credits, asset),
            balance=money(total.credits - total.debits, asset),
            held=money(total.held, asset),
        )


class ClientMoneyOut(BaseModel):
    """Whose the money is: we owe `client` to investors and merchants, `company` is the company's own.

    `outside` is what banks, venues and chains hold for us (the balances of `world:`, seen from us), so that
    client and company together are what is outside. `difference` is outside less client: what would be left
    if all clients were paid. Below zero their money is not covered.
    """

    book: str
    asset: str
    client: MoneyOut
    company: MoneyOut
    outside: MoneyOut
    difference: MoneyOut

    @classmethod
    def of(cls, found: ClientMoney, assets: Assets) -> Self:
        """With the asset's decimals."""
        asset = assets[found.asset]
        return cls(
            book=found.book,
            asset=found.asset,
            client=money(found.client, asset),
            company=money(found.company, asset),
            outside=money(found.outside, asset),
            difference=money(found.difference, asset),
        )


class BookOut(BaseModel):
    """A book. Nothing takes effect in it before `closed_until` any more; null: nothing is closed."""

    book: str
    name: str
    closed_until: datetime | None

    @classmethod
    def of(cls, found: BookRecord) -> Self:
        """As staff see it."""
        return cls(**found._asdict())


class CloseIn(In):
    """Until when; it has to have passed."""

    until: Instant
    reason: ReasonText


class ClosedOut(BaseModel):
    """Until when the book is closed: what was asked for, or later."""

    book: str
    closed_until: datetime


class WindowIn(In):
    """At most so many of the base asset's smallest units within the last `seconds`."""

    seconds: Annotated[int, Field(gt=0, le=WINDOW_MAX_S, examples=[86_400])]
    units: Annotated[str, Field(pattern=r"^\d{1,37}$", examples=["100000"])]


class LimitsIn(In):
    """All windows of the key; what was set before is replaced. None at all: nothing may pass."""

    windows: Annotated[list[WindowIn], Field(max_length=10)]
    reason: ReasonText

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len({one.seconds for one in self.windows}) < len(self.windows):
            raise ValueError("each window once")
        return self

    def command(self, key: str) -> SetLimits:
        """As the book takes it."""
        windows = (Window(seconds=one.seconds, units=int(one.units)) for one in self.windows)
        return SetLimits(limit_key=key, windows=tuple(windows))


class WindowOut(BaseModel):
    """A window: what it allows, and what is used of it now."""

    seconds: int
    units: Units
    used: Units


class LimitsOut(BaseModel):
    """The windows of a key, the shortest first. Without one nothing passes."""

    limit_key: str
    windows: list[WindowOut]

    @classmethod
    def of(cls, key: str, read: LimitsRead) -> Self:
        """As staff see it."""
        return cls(limit_key=key, windows=[WindowOut(**one.model_dump()) for one in read.windows])


def routes(desk: Desk) -> APIRouter:
    """For staff."""
    router = APIRouter()

    @router.get("/trial-balance")
    async def trial_balance(_: Staff) -> Success[list[TotalOut]]:
        """All accounts of the book, summed by the first word of their address."""
        assets = await desk.reading.assets()
        return ok([TotalOut.of(one, assets) for one in await desk.reading.trial_balance()])

    @router.get("/client-money")
    async def client_money(_: Staff) -> Success[list[ClientMoneyOut]]:
        """Client money (`investor:` and `merchant:`) and company money apart, by book and asset."""
        assets = await desk.reading.assets()
        return ok([ClientMoneyOut.of(one, assets) for one in await desk.directory.client_money()])

    @router.get("/books")
    async def books(_: Staff) -> Success[list[BookOut]]:
        """All books, and until when each is closed."""
        return ok([BookOut.of(one) for one in await desk.directory.books()])

    @router.post("/books/{book}/closes", status_code=201)
    async def close(who: Closer, book: BookPath, body: CloseIn) -> Success[ClosedOut]:
        """Close a book's periods up to an instant, for ever; the same again changes nothing.

        Refuses: `ledger.book_unknown`, `ledger.period_not_over`.
        """
        command = ClosePeriod(book=book, until=body.until)
        closed = await desk.control.close_period(who, command, body.reason)
        return ok(ClosedOut(book=closed.book, closed_until=closed.until))

    @router.get("/limits/{key}")
    async def limits(_: Staff, key: KeyPath) -> Success[LimitsOut]:
        """The windows of a limit, and what is used of each."""
        return ok(LimitsOut.of(key, await desk.accounts.read_limits(ReadLimits(limit_key=key))))

    @router.put("/limits/{key}")
    async def set_limits(who: Limiter, key: KeyPath, body: LimitsIn) -> Success[LimitsOut]:
        """Replace the windows of a limit; from the next entry on."""
        return ok(LimitsOut.of(key, await desk.control.set_limits(who, body.command(key), body.reason)))

    return router
