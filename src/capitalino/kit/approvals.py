"""Four eyes: what one person asks for, another grants or refuses, in the transaction of what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import JSON, bindparam, text

from capitalino.kit.db import Tx
from capitalino.kit.errors import AppError, Kind

COLUMNS = "approval_id, what, payload, asked_by, asked_at, expires_at, state, decided_by, decided_at, reason"
ASK = """
insert into {schema}.approval (approval_id, what, payload, asked_by, asked_at, expires_at)
values (:approval_id, :what, :payload, :asked_by, :asked_at, :expires_at)
on conflict (approval_id) do nothing"""
FIND = "select {columns} from {schema}.approval where approval_id = :approval_id"
OPEN = """
select {columns} from {schema}.approval
 where state = 'asked' and what = :what and expires_at > :now order by asked_at limit :limit"""
DECIDE = """
update {schema}.approval set state = :state, decided_by = :decided_by, decided_at = :now, reason = :reason
 where approval_id = :approval_id"""


class ApprovalMissing(AppError):
    """There is no such request."""

    code = "approval.not_found"
    kind = Kind.NOT_FOUND


class OwnRequest(AppError):
    """Nobody decides about what they asked for themselves."""

    code = "approval.own_request"
    kind = Kind.FORBIDDEN


class AlreadyDecided(AppError):
    """Somebody else was faster, or decided otherwise."""

    code = "approval.already_decided"
    kind = Kind.CONFLICT


class ApprovalExpired(AppError):
    """It was not decided in time and has to be asked for again."""

    code = "approval.expired"
    kind = Kind.REJECTED


@dataclass(frozen=True, slots=True)
class Approval:
    """What was asked, by whom, and what became of it."""

    approval_id: UUID
    what: str
    payload: Mapping[str, Any]
    asked_by: UUID
    asked_at: datetime
    expires_at: datetime
    state: Literal["asked", "granted", "refused"] = "asked"
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    reason: str | None = None


async def ask(tx: Tx, wanted: Approval) -> None:
    """Ask for it. The same id again changes nothing."""
    statement = text(ASK.format(schema=tx.schema.name)).bindparams(bindparam("payload", type_=JSON))
    values = {
        "approval_id": wanted.approval_id,
        "what": wanted.what,
        "payload": dict(wanted.payload),
        "asked_by": wanted.asked_by,
        "asked_at": wanted.asked_at,
        "expires_at": wanted.expires_at,
    }
    await tx.conn.execute(statement, values)


async def find(tx: Tx, approval_id: UUID, *, lock: bool = False) -> Approval:
    """One request, locked until the transaction ends if asked; ApprovalMissing when there is none."""
    query = FIND.format(schema=tx.schema.name, columns=COLUMNS) + (" for update" if lock else "")
    row = (await tx.conn.execute(text(query), {"approval_id": approval_id})).one_or_none()
    if row is None:
        raise ApprovalMissing("There is no such request.")
    return Approval(*row)


async def waiting(tx: Tx, what: str, now: datetime, limit: int = 100) -> Sequence[Approval]:
    """Requests that nobody has decided yet, the oldest first."""
    query = text(OPEN.format(schema=tx.schema.name, columns=COLUMNS))
    rows = await tx.conn.execute(query, {"what": what, "now": now, "limit": limit})
    return [Approval(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody says to a request."""

    decided_by: UUID
    is_granted: bool
    reason: str | None = None

    @property
    def state(self) -> Literal["granted", "refused"]:
        """As it is stored."""
        return "granted" if self.is_granted else "refused"


async def decide(tx: Tx, approval_id: UUID, decision: Decision, now: datetime) -> Approval:
    """Grant or refuse. What is granted is done in this transaction, from the payload that was asked for.

    The same decision by the same person again is answered; `decided_at` tells whether it is new.
    """
    asked = await find(tx, approval_id, lock=True)
    if decision.decided_by == asked.asked_by:
        raise OwnRequest("Somebody else has to decide about this.")
    if (asked.state, asked.decided_by) == (decision.state, decision.decided_by):
        return asked
    if asked.state != "asked":
        raise AlreadyDecided("This has been decided.", state=asked.state)
    if now >= asked.expires_at:
        raise ApprovalExpired("This was not decided in time.", expired_at=asked.expires_at.isoformat())
    values = {
        "approval_id": approval_id,
        "state": decision.state,
        "decided_by": decision.decided_by,
        "now": now,
        "reason": decision.reason,
    }
    await tx.conn.execute(text(DECIDE.format(schema=tx.schema.name)), values)
    return await find(tx, approval_id)
