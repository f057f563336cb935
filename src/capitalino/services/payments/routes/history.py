"""Taking over history, for operators."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from capitalino.contracts.money_wire import AmountText, AssetCode
from capitalino.kit.auth import Principal, may
from capitalino.kit.http import IdempotencyKey, Success, ok
from capitalino.kit.idempotency import Key
from capitalino.kit.message import Rate
from capitalino.services.payments.routes.shapes import ONCE, In, Instant, PaymentState, told_as
from capitalino.services.payments.service.history import History, PastConversion, PastDeposit, TakenOver

Operator = Annotated[Principal, may("operator", "admin")]
RATE_TEXT = {"examples": ["41250.12"]}


class PastDepositIn(In):
    """A deposit of before."""

    investor_id: UUID
    asset: AssetCode
    amount: AmountText
    reference: Annotated[str, Field(min_length=1, max_length=100)]
    at: Instant
    rail: Literal["crypto", "bank"] = "bank"


class PastConversionIn(In):
    """An exchange of before, at the middle price of its day."""

    investor_id: UUID
    from_asset: AssetCode
    to_asset: AssetCode
    amount: AmountText
    mid: Annotated[Rate, Field(gt=0, lt=10**15, json_schema_extra=RATE_TEXT)]
    at: Instant


class TakenOverOut(BaseModel):
    """The payment that stands for it here, and how far it is."""

    payment_id: UUID
    state: PaymentState
    reason: str | None


def routes(history: History) -> APIRouter:
    """Past deposits and exchanges."""
    router = APIRouter(tags=["history"])

    @router.post("/past-deposits", **ONCE)
    async def take_over_deposit(
        body: PastDepositIn, who: Operator, key: IdempotencyKey, response: Response
    ) -> Success[TakenOverOut]:
        """Take over a deposit from another system, on its day. A reference is taken over once."""
        claim = Key(who.user_id, "past-deposit", key, body.model_dump(mode="json"))
        past = PastDeposit(**body.model_dump())
        return _told(await history.deposit(who.investor_id, claim, past), response)

    @router.post("/past-conversions", **ONCE)
    async def take_over_conversion(
        body: PastConversionIn, who: Operator, key: IdempotencyKey, response: Response
    ) -> Success[TakenOverOut]:
        """Take over an exchange from another system, on its day and at its price."""
        claim = Key(who.user_id, "past-conversion", key, body.model_dump(mode="json"))
        past = PastConversion(
            body.investor_id, (body.from_asset, body.to_asset), body.amount, body.mid, body.at
        )
        return _told(await history.conversion(who.investor_id, claim, past), response)

    return router


def _told(one: TakenOver, response: Response) -> Success[TakenOverOut]:
    told_as(response, is_repeat=one.is_repeat)
    return ok(TakenOverOut(payment_id=one.payment_id, state=one.state.value, reason=one.reason))
