"""Switches for staff: closing at once, opening with a second person."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from capitalino.contracts.money_wire import AssetCode
from capitalino.kit.auth import Staff
from capitalino.kit.http import IdempotencyKey, Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.payments.domain.switches import Closure, Scope
from capitalino.services.payments.routes.approvals import PaymentsApprovalOut
from capitalino.services.payments.routes.shapes import ONCE, Closer, In, Mover, ReasonIn, ReasonText, told_as
from capitalino.services.payments.service.asking import Asked
from capitalino.services.payments.service.desk import Desk

VenueName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,30}$")]


class ClosureIn(In):
    """What to close: at least one of flow, asset and venue; what is left out means all of them."""

    flow: Literal["conversion", "crypto_deposit", "*"] = "*"
    asset: AssetCode | Literal["*"] = "*"
    venue: VenueName | Literal["*"] = "*"
    reason: ReasonText


class ClosureOut(BaseModel):
    """What was closed, and whether it was opened again."""

    closure_id: UUID
    flow: str
    asset: str
    venue: str
    is_closed: bool
    reason: str
    closed_by: UUID
    closed_at: datetime
    opening_asked_by: UUID | None
    opened_by: UUID | None
    opened_at: datetime | None

    @classmethod
    def of(cls, closure: Closure) -> Self:
        """From the domain."""
        return cls(
            closure_id=closure.closure_id,
            flow=closure.scope.flow,
            asset=closure.scope.asset,
            venue=closure.scope.venue,
            is_closed=closure.opened_at is None,
            reason=closure.reason,
            closed_by=closure.closed_by,
            closed_at=closure.closed_at,
            opening_asked_by=closure.asked_by,
            opened_by=closure.approved_by,
            opened_at=closure.opened_at,
        )


def routes(desk: Desk) -> APIRouter:
    """All below `/closures`."""
    router = APIRouter(prefix="/closures", tags=["switches"])

    @router.get("")
    async def list_closures(_: Staff, page: PageQuery) -> Listed[ClosureOut]:
        """All that was ever closed, the newest first; what still is says `is_closed`."""
        rows = await desk.switches.page(page)
        cursor = encode_cursor(rows[-1][0]) if len(rows) == page.limit else None
        return listed([ClosureOut.of(one) for _, one in rows], page, next_cursor=cursor)

    @router.post("", **ONCE)
    async def close(
        body: ClosureIn, who: Closer, key: IdempotencyKey, response: Response
    ) -> Success[ClosureOut]:
        """Close at once. Once this is answered nothing new begins; what has begun is finished."""
        asked = Asked(who, "closure", key, body.reason, body.model_dump(mode="json"))
        closure, is_repeat = await desk.switches.close(asked, Scope(body.flow, body.asset, body.venue))
        told_as(response, is_repeat=is_repeat)
        return ok(ClosureOut.of(closure))

    @router.get("/{closure_id}")
    async def read_closure(_: Staff, closure_id: UUID) -> Success[ClosureOut]:
        """One of them. Refuses: `payments.closure_not_found`."""
        return ok(ClosureOut.of(await desk.switches.find(closure_id)))

    @router.post("/{closure_id}/openings", **ONCE)
    async def ask_to_open(
        closure_id: UUID, body: ReasonIn, who: Mover, key: IdempotencyKey, response: Response
    ) -> Success[PaymentsApprovalOut]:
        """Ask that it be opened again; somebody else grants it. Refuses: `payments.already_open`."""
        sent = body.model_dump(mode="json") | {"closure_id": str(closure_id)}
        reached = await desk.switches.ask_to_open(Asked(who, "opening", key, body.reason, sent), closure_id)
        told_as(response, is_repeat=reached.is_repeat)
        return ok(PaymentsApprovalOut.of(reached))

    return router
