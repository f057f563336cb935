"""Four eyes in the ledger: asked and decided by functions, since the serving role writes no table."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from capitalino.kit import approvals
from capitalino.kit.approvals import Approval, Decision
from capitalino.kit.db import Tx
from capitalino.kit.errors import AppError
from capitalino.services.ledger.domain import Verdict

ASK = text("select ledger.ask_approval(:id, :what, :payload, :by, make_interval(days => :days))")
DECIDE = text("select ledger.decide_approval(:id, :state, :by, :reason)")
# Of a batch a list needs no more than the ids.
PAGE = text("""
select approval_id, what,
       jsonb_build_object('commands', array(select jsonb_build_object('entry_id', c -> 'entry_id')
                                              from jsonb_array_elements(payload -> 'commands') c)),
       asked_by, asked_at, expires_at, state, decided_by, decided_at, reason
  from ledger.approval
 where (cast(:state as text) is null or state = :state)
   and (cast(:at as timestamptz) is null
        or (asked_at, approval_id) < (cast(:at as timestamptz), cast(:last as uuid)))
 order by asked_at desc, approval_id desc offset :offset limit :limit""")
# Granted, but a moment later not all of it in the book: the process died in between.
LEFT = text("""
select a.approval_id, a.payload from ledger.approval a
 where a.state = 'granted' and a.decided_at between now() - interval '1 day' and now() - interval '5 seconds'
   and exists (select from jsonb_array_elements(a.payload -> 'commands') c
                where not exists (select from ledger.entry e
                                   where e.entry_id = cast(c ->> 'entry_id' as uuid)))
 order by a.decided_at limit :limit""")
REFUSALS: dict[str, tuple[type[AppError], str]] = {
    "unknown": (approvals.ApprovalMissing, "There is no such request."),
    "own": (approvals.OwnRequest, "Somebody else has to decide about this."),
    "otherwise": (approvals.AlreadyDecided, "This has been decided."),
    "expired": (approvals.ApprovalExpired, "This was not decided in time."),
}


async def ask(
    tx: Tx, approval_id: UUID, what: str, payload: Mapping[str, Any], by: UUID, *, days: int
) -> Verdict:
    """Ask for it: accepted, repeated, or the id stands for something else."""
    statement = ASK.bindparams(bindparam("payload", type_=JSONB))
    values = {"id": approval_id, "what": what, "payload": dict(payload), "by": by, "days": days}
    return Verdict((await tx.conn.execute(statement, values)).scalar_one())


async def find(tx: Tx, approval_id: UUID) -> Approval:
    """What was asked under this id; ApprovalMissing when nothing was."""
    return await approvals.find(tx, approval_id)


async def decide(tx: Tx, approval_id: UUID, decision: Decision) -> bool:
    """Grant or refuse; whether that is new. The kit's refusals are raised."""
    values = {
        "id": approval_id,
        "state": decision.state,
        "by": decision.decided_by,
        "reason": decision.reason,
    }
    word = (await tx.conn.execute(DECIDE, values)).scalar_one()
    if word in REFUSALS:
        refusal, sentence = REFUSALS[word]
        raise refusal(sentence, approval_id=str(approval_id))
    return bool(word == "decided")


async def page(
    tx: Tx, state: str | None, *, before: tuple[datetime, UUID] | None, offset: int, limit: int
) -> list[Approval]:
    """What was asked, the newest first."""
    at, last = before or (None, None)
    values = {"state": state, "at": at, "last": last, "offset": offset, "limit": limit}
    return [Approval(*row) for row in await tx.conn.execute(PAGE, values)]


async def left_undone(tx: Tx, limit: int) -> Sequence[tuple[UUID, Mapping[str, Any]]]:
    """Ids and payloads of what was granted and is not wholly in the book."""
    return [(row.approval_id, row.payload) for row in await tx.conn.execute(LEFT, {"limit": limit})]
