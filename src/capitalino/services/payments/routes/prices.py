"""The price list for staff: what conversions cost, by pair and by time."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from capitalino.contracts.money_wire import AssetCode
from capitalino.kit.auth import Staff
from capitalino.kit.http import IdempotencyKey, Listed, Success, listed, ok
from capitalino.kit.message import Rate
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.payments.domain.payments import Terms
from capitalino.services.payments.domain.terms import ALL, ListedTerms
from capitalino.services.payments.routes.approvals import PaymentsApprovalOut
from capitalino.services.payments.routes.shapes import ONCE, In, Instant, Mover, ReasonText, told_as
from capitalino.services.payments.service.asking import Asked
from capitalino.services.payments.service.desk import Desk

Part = Annotated[Rate, Field(ge=0, lt=1, json_schema_extra={"examples": ["0.002"]})]
"""A part of one: 0.002 is 0.2 %."""


class TermsIn(In):
    """What conversions of a pair are to cost; without a pair, those of all that have no row of their own."""

    base: AssetCode | Literal["*"] = ALL
    quote: AssetCode | Literal["*"] = ALL
    spread: Part
    fee: Part
    valid_from: Instant | None = None
    reason: ReasonText

    def terms(self) -> Terms:
        """As the service takes them."""
        return Terms(Decimal(self.spread), Decimal(self.fee))


class TermsOut(BaseModel):
    """A row: it counts from `valid_from` on, until a newer one of its pair does."""

    terms_id: UUID
    base: str
    quote: str
    spread: Rate
    fee: Rate
    valid_from: datetime
    is_current: bool
    approval_id: UUID | None
    asked_by: UUID | None
    approved_by: UUID | None

    @classmethod
    def of(cls, listed_terms: ListedTerms) -> Self:
        """From the domain."""
        return cls(
            terms_id=listed_terms.terms_id,
            base=listed_terms.base,
            quote=listed_terms.quote,
            spread=listed_terms.terms.spread,
            fee=listed_terms.terms.fee,
            valid_from=listed_terms.valid_from,
            is_current=listed_terms.is_current,
            approval_id=listed_terms.approval_id,
            asked_by=listed_terms.asked_by,
            approved_by=listed_terms.approved_by,
        )


def routes(desk: Desk) -> APIRouter:
    """All below `/terms`."""
    router = APIRouter(prefix="/terms", tags=["price list"])

    @router.get("")
    async def list_terms(_: Staff, page: PageQuery) -> Listed[TermsOut]:
        """Every row that was ever added, the newest first."""
        rows = await desk.prices.page(page)
        cursor = encode_cursor(rows[-1][0]) if len(rows) == page.limit else None
        return listed([TermsOut.of(one) for _, one in rows], page, next_cursor=cursor)

    @router.post("", **ONCE)
    async def ask_for_terms(
        body: TermsIn, who: Mover, key: IdempotencyKey, response: Response
    ) -> Success[PaymentsApprovalOut]:
        """Ask for a new row; somebody else grants it. Without `valid_from` it counts from then on."""
        asked = Asked(who, "terms", key, body.reason, body.model_dump(mode="json"))
        reached = await desk.prices.ask(asked, (body.base, body.quote), body.terms(), body.valid_from)
        told_as(response, is_repeat=reached.is_repeat)
        return ok(PaymentsApprovalOut.of(reached))

    return router
