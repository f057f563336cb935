"""Four eyes: a held rate is let go by two of the staff."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from capitalino.contracts.money_wire import AssetCode
from capitalino.kit.approvals import Decision
from capitalino.kit.auth import Principal, Staff, may
from capitalino.kit.http import IdempotencyKey, Listed, Success, listed, ok
from capitalino.kit.message import Rate
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.market.service.releases import Reached, Releases

Code = Annotated[AssetCode, Path()]
Pricer = Annotated[Principal, may("operator", "treasurer", "admin")]
"""Whoever may say what a rate is, and grant it."""
REPLAYED = {
    "description": "`true` when it was asked or decided before: nothing new was begun.",
    "schema": {"type": "string", "enum": ["true"]},
}
ONCE: Any = {"status_code": 201, "responses": {201: {"headers": {"Idempotent-Replayed": REPLAYED}}}}
ReasonText = Annotated[
    str,
    Field(
        min_length=3,
        max_length=300,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        examples=["Ticket 4712: the central bank has devalued"],
        description="Why: it is kept in the audit log. No personal data.",
    ),
]


class RateReleaseIn(BaseModel):
    """Why a held rate is right."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: ReasonText


class MarketDecisionIn(BaseModel):
    """Yes or no, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    is_granted: bool
    reason: ReasonText


class MarketApprovalOut(BaseModel):
    """That somebody has asked for a held rate to be good, and what somebody else has said to it."""

    approval_id: UUID
    what: Literal["rate_release"]
    state: Literal["asked", "granted", "refused", "expired"]
    base: str
    quote: str
    rate: Rate = Field(
        description="As the sources said when it was asked; they may say a little else by now."
    )
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
            what="rate_release",
            state=reached.state,
            base=approval.payload["base"],
            quote=approval.payload["quote"],
            rate=approval.payload["rate"],
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
ASKING = """
Ask that a rate which is held be good; somebody else grants it.

The pair is kept in the order of the alphabet, so the answer may have it the other way round. Refuses:
`market.rate_unknown`, `market.rate_not_held`.
"""
DECIDING = """
Grant or refuse what somebody else has asked for.

What is granted is the last good rate from then on, as the sources say it then: they must not have moved far
from what was asked for. The same decision again, by the same person, changes nothing.

Refuses: `approval.not_found`, `approval.own_request`, `approval.already_decided`, `approval.expired`,
`market.rate_not_held`, `market.rate_moved_on`.
"""


def routes(releases: Releases) -> APIRouter:
    """All that staff do about rates, below `/admin/market`."""
    router = APIRouter()

    @router.post("/fx-rates/{base}-{quote}/releases", description=ASKING, **ONCE)
    async def ask_for_release(
        who: Pricer, base: Code, quote: Code, body: RateReleaseIn, *, key: IdempotencyKey, response: Response
    ) -> Success[MarketApprovalOut]:
        """Ask for it."""
        return _told(response, await releases.ask(who, key, (base, quote), body.reason))

    @router.get("/approvals", name="list_market_approvals")
    async def approvals(_: Staff, page: PageQuery, state: StateQuery = None) -> Listed[MarketApprovalOut]:
        """What was asked for, newest first."""
        shown, following = await releases.page(state, page)
        cursor = None if following is None else encode_cursor(following)
        return listed([MarketApprovalOut.of(one) for one in shown], page, next_cursor=cursor)

    @router.get("/approvals/{approval_id}", name="read_market_approval")
    async def approval(_: Staff, approval_id: UUID) -> Success[MarketApprovalOut]:
        """One of them. Refuses: `approval.not_found`."""
        return ok(MarketApprovalOut.of(await releases.find(approval_id)))

    @router.post(
        "/approvals/{approval_id}/decisions", name="decide_market_approval", description=DECIDING, **ONCE
    )
    async def decide(
        who: Pricer, approval_id: UUID, body: MarketDecisionIn, response: Response
    ) -> Success[MarketApprovalOut]:
        """Grant or refuse."""
        decision = Decision(who.user_id, body.is_granted, body.reason)
        return _told(response, await releases.decide(who, approval_id, decision))

    return router


def _told(response: Response, reached: Reached) -> Success[MarketApprovalOut]:
    if reached.is_repeat:
        response.headers["Idempotent-Replayed"] = "true"
    return ok(MarketApprovalOut.of(reached))
