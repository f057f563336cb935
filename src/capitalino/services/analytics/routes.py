"""HTTP for analytics: what it is worth, what it was worth, and what moved. Everything says as of when."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from capitalino.contracts.money_wire import MoneyOut
from capitalino.kit.auth import Investor
from capitalino.kit.clock import Clock
from capitalino.kit.http import ListMeta, Meta, Success, listed, ok, request_id
from capitalino.kit.pages import CursorUnknown, PageQuery, encode_cursor
from capitalino.money import ASSETS, Money
from capitalino.services.analytics.domain.movements import Movement
from capitalino.services.analytics.domain.worth import Holding, Point
from capitalino.services.analytics.service import Analytics, Dashboard

T = TypeVar("T")
Span = Annotated[Literal["1m", "3m", "1y", "all"], Query(alias="range", description="How far back.")]
UNKNOWN = "price_unknown"
DIGITS_SHOWN = 12


class ChangeOut(BaseModel):
    """By how much what is held now has changed in a day; `ratio` is null when it was worth nothing."""

    amount: MoneyOut
    ratio: str | None


class HoldingOut(BaseModel):
    """What is held of one asset. Without a price there is no value, and `reason` says why."""

    asset: str
    amount: str
    price: str | None
    value: MoneyOut | None
    share: str | None
    reason: str | None

    @classmethod
    def of(cls, one: Holding) -> "HoldingOut":
        """As its owner sees it."""
        return cls(
            asset=one.money.asset.code,
            amount=one.money.amount,
            price=None if one.price is None else _shown(one.price),
            value=None if one.value is None else MoneyOut.of(one.value),
            share=None if one.share is None else f"{one.share:f}",
            reason=UNKNOWN if one.price is None else None,
        )


class DashboardOut(BaseModel):
    """The whole at a glance. What cannot be known is null, never 0; `reason` says why."""

    base_asset: str
    value: MoneyOut | None
    change_24h: ChangeOut | None
    invested: MoneyOut | None
    reason: str | None
    as_of: AwareDatetime
    holdings: list[HoldingOut]

    @classmethod
    def of(cls, found: Dashboard) -> "DashboardOut":
        """As its owner sees it."""
        worth, change = found.worth, None
        if worth.change is not None:
            amount, ratio = worth.change
            change = ChangeOut(amount=MoneyOut.of(amount), ratio=None if ratio is None else f"{ratio:f}")
        return cls(
            base_asset=found.base.code,
            value=None if worth.value is None else MoneyOut.of(worth.value),
            change_24h=change,
            invested=None if found.invested is None else MoneyOut.of(found.invested),
            reason=UNKNOWN if worth.value is None or found.invested is None else None,
            as_of=worth.as_of,
            holdings=[HoldingOut.of(one) for one in worth.holdings],
        )


class ValuePointOut(BaseModel):
    """The value at the close of a day, and what was paid in by then. A day without a price is left out.

    Days are closed at midnight UTC; the last point is the value now, on the investor's own today.
    """

    on: date
    value: str
    invested: str | None

    @classmethod
    def of(cls, point: Point) -> "ValuePointOut":
        """As its owner sees it."""
        invested = None if point.invested is None else point.invested.amount
        return cls(on=point.on, value=point.value.amount, invested=invested)


class TransactionOut(BaseModel):
    """A movement: what left, what came, what it cost."""

    model_config = ConfigDict(serialize_by_alias=True)

    transaction_id: UUID
    kind: str
    at: AwareDatetime
    left: Annotated[MoneyOut | None, Field(serialization_alias="from", validation_alias="from")]
    to: MoneyOut | None
    fee: MoneyOut | None

    @classmethod
    def of(cls, one: Movement) -> "TransactionOut":
        """As its owner sees it."""
        values = {"transaction_id": one.movement_id, "kind": one.kind, "at": one.at}
        money = {"from": one.left, "to": one.came, "fee": one.fee}
        return cls.model_validate(values | {name: _money(part) for name, part in money.items()})


class DatedMeta(Meta):
    """About the answer, and as of when it is true."""

    as_of: AwareDatetime


class DatedListMeta(ListMeta):
    """About a page, and as of when it is true."""

    as_of: AwareDatetime


class Dated(BaseModel, Generic[T]):
    """It went well."""

    success: Literal[True]
    data: T
    meta: DatedMeta


class DatedList(BaseModel, Generic[T]):
    """A page of a list."""

    success: Literal[True]
    data: list[T]
    meta: DatedListMeta


def routes(analytics: Analytics, clock: Clock) -> APIRouter:
    """Whose figures they are comes from the token alone."""
    router = APIRouter(prefix="/api/v1", tags=["analytics"])

    @router.get("/dashboard")
    async def read_dashboard(who: Investor) -> Success[DashboardOut]:
        """What one has, what it is worth now, and what was paid in for it."""
        return ok(DashboardOut.of(await analytics.dashboard(who.investor)))

    @router.get("/portfolios/value-history")
    async def read_value_history(who: Investor, span: Span = "1m") -> Dated[list[ValuePointOut]]:
        """The value of each day in the base asset, oldest first."""
        points = [ValuePointOut.of(point) for point in await analytics.value_history(who.investor, span)]
        meta = DatedMeta(request_id=request_id(), as_of=clock.now())
        return Dated(success=True, data=points, meta=meta)

    @router.get("/transactions")
    async def list_transactions(who: Investor, page: PageQuery) -> DatedList[TransactionOut]:
        """Movements, newest first."""
        found, last = await analytics.movements(
            who.investor, before=_position(page.after), offset=page.offset, limit=page.limit
        )
        cursor = encode_cursor(f"{last.at.isoformat()}|{last.movement_id}") if last else None
        rows = [TransactionOut.of(one) for one in found]
        meta = listed(rows, page, next_cursor=cursor).meta
        return DatedList(success=True, data=rows, meta=DatedListMeta(**meta.model_dump(), as_of=clock.now()))

    return router


def _position(after: str | None) -> tuple[datetime, UUID] | None:
    if after is None:
        return None
    at, _, movement_id = after.partition("|")
    try:
        return datetime.fromisoformat(at), UUID(movement_id)
    except ValueError:
        raise CursorUnknown("The cursor is not one of ours.") from None


def _money(part: tuple[str, int] | None) -> MoneyOut | None:
    return None if part is None else MoneyOut.of(Money(part[1], ASSETS[part[0]]))


def _shown(rate: Decimal) -> str:
    """With as many digits as people can use; what is reckoned with is the exact rate."""
    places = max(DIGITS_SHOWN - 1 - rate.adjusted(), 0)
    return f"{round(rate, places).normalize():f}"
