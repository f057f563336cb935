"""Four eyes: what others have asked for, and the decision about it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from capitalino.kit.approvals import Decision
from capitalino.kit.auth import Staff
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.ledger.routes.accounts import Keeper
from capitalino.services.ledger.routes.shapes import REPLAYED, Assets, In, OutcomeOut, ReasonText
from capitalino.services.ledger.service.asking import Operation, Reached
from capitalino.services.ledger.service.desk import Desk


class DecisionIn(In):
    """Yes or no, and why."""

    is_granted: bool
    reason: ReasonText


class ApprovalOut(BaseModel):
    """What somebody has asked for and somebody else decides.

    `asked` is what was sent, word for word; lists leave it out. `outcomes` are of its entries, once granted.
    """

    approval_id: UUID
    what: Operation
    state: Literal["in_review", "pending", "settled", "refused"]
    reason: str | None
    asked_by: UUID
    asked_at: datetime
    expires_at: datetime
    asked: dict[str, Any] | None
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None
    outcomes: list[OutcomeOut]

    @classmethod
    def of(cls, reached: Reached, assets: Assets) -> Self:
        """As staff see it."""
        approval = reached.approval
        return cls(
            approval_id=approval.approval_id,
            what=approval.what,  # type: ignore[arg-type]  # the kit keeps any word
            state=reached.state,
            reason=reached.reason,
            asked_by=approval.asked_by,
            asked_at=approval.asked_at,
            expires_at=approval.expires_at,
            asked=approval.payload.get("asked"),
            decided_by=approval.decided_by,
            decided_at=approval.decided_at,
            decision_reason=approval.reason,
            outcomes=[OutcomeOut.of(one, assets) for one in reached.outcomes],
        )


StateQuery = Annotated[
    Literal["asked", "granted", "refused"] | None, Query(description="What was said to it; left out: all.")
]
DECIDING = """
Grant or refuse what somebody else has asked for.

Who may ask for it may decide about it, except whoever has asked, and never about money of the investor that
the same login acts for. A granted change is made with the decision; granted entries are posted at once, each
under its own id. The same decision again, by the same person, changes nothing and answers how far it is.

Refuses: `approval.not_found`, `approval.own_request`, `approval.already_decided`, `approval.expired`, and
what a change of an account refuses; then nothing is decided.
"""


def routes(desk: Desk) -> APIRouter:
    """All below `/approvals`."""
    router = APIRouter(prefix="/approvals")

    @router.get("")
    async def approvals(_: Staff, page: PageQuery, state: StateQuery = None) -> Listed[ApprovalOut]:
        """What was asked for, newest first."""
        shown, following = await desk.approvals.page(state, page)
        assets, cursor = await desk.reading.assets(), None if following is None else encode_cursor(following)
        return listed([ApprovalOut.of(one, assets) for one in shown], page, next_cursor=cursor)

    @router.get("/{approval_id}")
    async def approval(_: Staff, approval_id: UUID) -> Success[ApprovalOut]:
        """One of them, with what was sent. Refuses: `approval.not_found`."""
        return ok(ApprovalOut.of(await desk.approvals.find(approval_id), await desk.reading.assets()))

    @router.post(
        "/{approval_id}/decisions",
        status_code=201,
        responses={201: REPLAYED},
        description=DECIDING,
    )
    async def decide(
        who: Keeper, approval_id: UUID, body: DecisionIn, response: Response
    ) -> Success[ApprovalOut]:
        """Grant or refuse."""
        decision = Decision(who.user_id, body.is_granted, body.reason)
        reached = await desk.approvals.decide(who, approval_id, decision)
        if reached.is_repeat:
            response.headers["Idempotent-Replayed"] = "true"
        return ok(ApprovalOut.of(reached, await desk.reading.assets()))

    return router
