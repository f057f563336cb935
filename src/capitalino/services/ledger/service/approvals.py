"""The second pair of eyes: deciding what somebody else has asked for, and carrying it out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from capitalino.contracts.ledger.api import AmendAccount
from capitalino.kit import audit
from capitalino.kit.approvals import Approval, Decision
from capitalino.kit.auth import Principal
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import Forbidden
from capitalino.kit.pages import Page
from capitalino.services.ledger.service.asking import Asking, Reached, commands_of, refuse_own
from capitalino.services.ledger.service.control import MONEY, carry_out, may_change
from capitalino.services.ledger.service.entries import Entries
from capitalino.services.ledger.store import approvals

log = structlog.get_logger()
LEFT_MAX = 20


class Approvals:
    """Decides. A granted change is made in the decision's transaction; granted entries are posted after it.

    Their ids are in the payload, so that they are posted once, whoever posts them: this process, the same
    decision sent again, or the loop that takes up what a process has left.
    """

    def __init__(self, db: Database, entries: Entries, asking: Asking) -> None:
        self._db, self._entries, self._asking = db, entries, asking

    async def page(self, state: str | None, page: Page) -> tuple[list[Reached], str | None]:
        """What was asked for, newest first."""
        return await self._asking.page(state, page)

    async def find(self, approval_id: UUID) -> Reached:
        """What was asked for under this id."""
        return await self._asking.find(approval_id)

    async def decide(self, who: Principal, approval_id: UUID, decision: Decision) -> Reached:
        """Grant or refuse what somebody else has asked for. The same decision again changes nothing."""
        async with self._db.begin() as tx:
            asked = await approvals.find(tx, approval_id)
            await _may_decide(tx, who, asked)
            is_new = await approvals.decide(tx, approval_id, decision)
            if is_new and decision.is_granted and "change" in asked.payload:
                await carry_out(tx, AmendAccount.model_validate(asked.payload["change"]))
            if is_new:
                action = f"ledger.{asked.what}_{decision.state}"
                details = {"reason": decision.reason, "asked_by": str(asked.asked_by)}
                await audit.record(tx, str(who.user_id), action, f"approval:{approval_id}", details)
        if decision.is_granted:
            await self._post(asked.payload)
        return await self._asking.find(approval_id, is_repeat=not is_new)

    async def carry_out(self) -> int:
        """Post what was granted and left by a process that died; how many approvals."""
        async with self._db.begin() as tx:
            left = await approvals.left_undone(tx, LEFT_MAX)
        for approval_id, payload in left:
            log.warning("approval.taken_up", approval_id=str(approval_id))
            await self._post(payload)
        return len(left)

    async def _post(self, payload: Mapping[str, Any]) -> None:
        commands = commands_of(payload)
        if commands:
            await self._entries.post_all(commands, whole=payload["whole"])


async def _may_decide(tx: Tx, who: Principal, asked: Approval) -> None:
    if "change" in asked.payload:
        may_change(who, AmendAccount.model_validate(asked.payload["change"]))
        return
    if not who.roles & MONEY:
        raise Forbidden("This is not yours to do.", roles=sorted(MONEY))
    await refuse_own(tx, who, commands_of(asked.payload))
