"""What several routes of payments read and answer with."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from capitalino.kit.auth import Principal, may

Mover = Annotated[Principal, may("operator", "treasurer", "admin")]
"""Whoever may ask for what moves money or says what it costs, and grant it."""
Closer = Annotated[Principal, may("compliance", "operator", "treasurer", "admin")]
"""Whoever may close what is open."""
PaymentState = Literal["pending", "unknown", "in_review", "settled", "refused"]
REPLAYED = {
    "description": "`true` when this key was used before: nothing new was begun.",
    "schema": {"type": "string", "enum": ["true"]},
}
ONCE: Any = {"status_code": 201, "responses": {201: {"headers": {"Idempotent-Replayed": REPLAYED}}}}
ReasonText = Annotated[
    str,
    Field(
        min_length=3,
        max_length=300,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        examples=["Ticket 4711: the exchange has answered"],
        description="Why: it is kept in the audit log. No personal data.",
    ),
]


class In(BaseModel):
    """What a request carries: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _written(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("a time is written as text: 2026-03-20T12:00:00Z")  # noqa: TRY004 - pydantic's way
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A time in a request. Left to itself, pydantic would take a number for seconds since 1970."""


class ReasonIn(In):
    """Why."""

    reason: ReasonText


class SourceOut(BaseModel):
    """Where a price came from, and how old it was."""

    source: str
    age_ms: int | None


class DoneOut(BaseModel):
    """What was done, and by whom: rows of the audit log."""

    at: datetime
    by: str
    action: str
    details: dict[str, Any]


class WaitingOut(BaseModel):
    """What was asked about it and waits for a second person."""

    approval_id: UUID
    act: str
    asked_by: UUID
    asked_at: datetime
    reason: str


def told_as(response: Response, *, is_repeat: bool) -> None:
    """Say in the header whether the key was used before."""
    if is_repeat:
        response.headers["Idempotent-Replayed"] = "true"
