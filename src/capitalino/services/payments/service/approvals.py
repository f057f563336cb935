"""The second pair of eyes: deciding what somebody else has asked for, and doing it with the decision."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from capitalino.kit import approvals, audit
from capitalino.kit.approvals import Approval, Decision
from capitalino.kit.auth import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.pages import Page
from capitalino.services.payments.service.asking import Asking, Reached, refuse_own


class Carrier(Protocol):
    """Who does what was granted."""

    async def look(self, asked: Approval) -> None:
        """Ask others, outside of any transaction, whether it can still be granted; refuse where not."""
        ...

    async def carry_out(self, tx: Tx, granted: Approval, approved_by: UUID) -> None:
        """Do it, or refuse; then nothing is decided."""
        ...


class Approvals:
    """Decides. What is granted is done with the decision or not at all: there is nothing to take up later."""

    def __init__(self, db: Database, asking: Asking, clock: Clock, carriers: Mapping[str, Carrier]) -> None:
        self._db, self._asking, self._clock = db, asking, clock
        self._carriers = carriers

    async def page(self, state: str | None, page: Page) -> tuple[list[Reached], str | None]:
        """What was asked for, the newest first."""
        return await self._asking.page(state, page)

    async def find(self, approval_id: UUID) -> Reached:
        """What was asked for under this id."""
        return await self._asking.find(approval_id)

    async def decide(self, who: Principal, approval_id: UUID, is_granted: bool, reason: str) -> Reached:  # noqa: FBT001
        """Grant or refuse what somebody else has asked for. The same decision again changes nothing."""
        asked = (await self._asking.find(approval_id)).approval
        refuse_own(who, asked.payload.get("investor_id"))
        carrier = self._carriers[asked.what]
        if is_granted and asked.state == "asked" and asked.asked_by != who.user_id:
            await carrier.look(asked)
        decision = Decision(who.user_id, is_granted, reason)
        async with self._db.begin() as tx:
            is_new = (await approvals.find(tx, approval_id, lock=True)).state == "asked"
            decided = await approvals.decide(tx, approval_id, decision, self._clock.now())
            if is_new and is_granted:
                await carrier.carry_out(tx, decided, who.user_id)
            if is_new:
                details = {"reason": reason, "asked_by": str(asked.asked_by)}
                action = f"payments.{asked.what}_{decision.state}"
                await audit.record(tx, str(who.user_id), action, f"approval:{approval_id}", details)
        return await self._asking.find(approval_id, is_repeat=not is_new)
