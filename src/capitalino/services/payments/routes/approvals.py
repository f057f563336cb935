"""Four eyes: what others have asked for, and the decision about it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from capitalino.kit.auth import Staff
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.payments.routes.shapes import ONCE, In, Mover, ReasonText, told_as
from capitalino.services.payments.service.asking import Reached
from capitalino.services.payments.service.desk import Desk


class PaymentsDecisionIn(In):
    """Yes or no, and why."""

    is_granted: bool
    reason: ReasonText


class PaymentsApprovalOut(BaseModel):
    """What somebody has asked for and somebody else decides. `asked` is what will be done, to the unit."""

    approval_id: UUID
    what: Literal["terms", "opening", "conversion_act", "deposit_act"]
    state: Literal["asked", "granted", "refused", "expired"]
    asked: dict[str, Any]
    reason: str
    asked_by: UUID
    asked_at: datetime
    expires_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None

    @classmethod
    def of(cls, reached: Reached) -> Self:
        """As staff see it."""
        approval = reached.approval
        return cls(
            approval_id=approval.approval_id,
            what=approval.what,  # type: ignore[arg-type]  # the kit keeps any word
            state=reached.state,
            asked={name: value for name, value in approval.payload.items() if name != "reason"},
            reason=approval.payload["reason"],
            asked_by=approval.asked_by,
            asked_at=approval.asked_at,
            expires_at=approval.expires_at,
            decided_by=approval.decided_by,
            decided_at=approval.decided_at,
            decision_reason=approval.reason,
        )


StateQuery = Annotated[
    Literal["asked", "granted", "refused"] | None, Query(description="What was said to it; left out: all.")
]
DECIDING = """
Grant or refuse what somebody else has asked for.

What is granted is done with the decision: a row is added to the price list, a switch is opened, a payment
goes on from the step that was asked for. Where that cannot be done any more, nothing is decided. The same
decision again, by the same person, changes nothing.

Refuses: `approval.not_found`, `approval.own_request`, `approval.already_decided`, `approval.expired`,
`payments.moved_on`, `payments.books_disagree`, `payments.already_open`.
"""


def routes(desk: Desk) -> APIRouter:
    """All below `/approvals`."""
    router = APIRouter(prefix="/approvals", tags=["approvals"])

    @router.get("", name="list_payment_approvals")
    async def approvals(_: Staff, page: PageQuery, state: StateQuery = None) -> Listed[PaymentsApprovalOut]:
        """What was asked for, newest first."""
        shown, following = await desk.approvals.page(state, page)
        cursor = None if following is None else encode_cursor(following)
        return listed([PaymentsApprovalOut.of(one) for one in shown], page, next_cursor=cursor)

    @router.get("/{approval_id}", name="read_payment_approval")
    async def approval(_: Staff, approval_id: UUID) -> Success[PaymentsApprovalOut]:
        """One of them. Refuses: `approval.not_found`."""
        return ok(PaymentsApprovalOut.of(await desk.approvals.find(approval_id)))

    @router.post("/{approval_id}/decisions", name="decide_payment_approval", description=DECIDING, **ONCE)
    async def decide(
        who: Mover, approval_id: UUID, body: PaymentsDecisionIn, response: Response
    ) -> Success[PaymentsApprovalOut]:
        """Grant or refuse."""
        reached = await desk.approvals.decide(who, approval_id, body.is_granted, body.reason)
        told_as(response, is_repeat=reached.is_repeat)
        return ok(PaymentsApprovalOut.of(reached))

    return router
