"""What people do with a deposit in review: try again what the books refused, credit what they judge."""

from typing import Any
from uuid import UUID

from capitalino.kit import audit, idempotency
from capitalino.kit.approvals import Approval
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.services.payments.domain.payments import Deposit, State
from capitalino.services.payments.domain.review import FOUR_EYES, Act, deposit_acts
from capitalino.services.payments.errors.staff import (
    ActNotPossible,
    InvestorUnknown,
    MovedOn,
    PaymentNotFound,
)
from capitalino.services.payments.service.asking import Asked, Asking, refuse_own
from capitalino.services.payments.service.conversion_acts import Done
from capitalino.services.payments.store import deposits as store


class DepositActs:
    """One move each; the loop that settles deposits goes on from it."""

    def __init__(self, db: Database, asking: Asking) -> None:
        self._db, self._asking = db, asking

    async def act(self, asked: Asked, deposit_id: UUID, act: Act, investor_id: UUID | None) -> Done:
        """Do it, or ask for it. `investor_id`: whose it is, where the deposit does not say."""
        known = await self._asking.known(asked)
        if known is not None:
            return _done(act, known, is_repeat=True)
        object_id = new_id()
        async with self._db.begin() as tx:
            claimed = await idempotency.claim(tx, asked.claim, object_id)
            if claimed != object_id:
                return _done(act, claimed, is_repeat=True)
            current = await _locked(tx, deposit_id)
            refuse_own(asked.who, current.investor_id, investor_id)
            payload = await _judged(tx, current, act, investor_id)
            if act in FOUR_EYES:
                await self._asking.ask(tx, asked, "deposit_act", payload, object_id)
            else:
                await store.save_state(tx, deposit_id, State.PENDING)
                await _write_down(tx, asked.who.user_id, act, deposit_id, reason=asked.reason)
        return _done(act, object_id)

    async def look(self, asked: Approval) -> None:
        """Nobody else has to be asked."""

    async def carry_out(self, tx: Tx, granted: Approval, approved_by: UUID) -> None:
        """Let it be credited, if it stands where it stood when this was asked for."""
        payload = granted.payload
        deposit_id, investor_id = UUID(payload["payment_id"]), UUID(payload["investor_id"])
        current = await _locked(tx, deposit_id)
        if current.state is not State.IN_REVIEW or current.entry_number != payload["entry_number"]:
            raise MovedOn("It has gone on since: look at it again.", deposit_id=str(deposit_id))
        if current.investor_id is None:
            await store.attribute(tx, deposit_id, investor_id)
        await store.save_state(tx, deposit_id, State.PENDING)
        told = {"approval": str(granted.approval_id), "asked_by": str(granted.asked_by)}
        told |= {"investor_id": str(investor_id)}
        await _write_down(tx, approved_by, Act(payload["act"]), deposit_id, **told)


async def _judged(tx: Tx, current: Deposit, act: Act, investor_id: UUID | None) -> dict[str, Any]:
    allowed = deposit_acts(current)
    is_named = (current.investor_id is None and act is Act.CREDIT) == (investor_id is not None)
    if act not in allowed or not is_named:
        raise ActNotPossible(
            "This cannot be done where it stands.",
            state=current.state.value,
            reason=current.reason,
            possible=sorted(one.value for one in allowed),
            names_investor=current.investor_id is None,
        )
    if investor_id is not None and not await store.has_address(tx, investor_id):
        raise InvestorUnknown("This investor was never given an address.", investor_id=str(investor_id))
    return {
        "payment_id": str(current.deposit_id),
        "investor_id": str(current.investor_id or investor_id),
        "act": act.value,
        "entry_number": current.entry_number,
    }


async def _locked(tx: Tx, deposit_id: UUID) -> Deposit:
    found = await store.get(tx, deposit_id, lock=True)
    if found is None:
        raise PaymentNotFound("There is no such deposit.", deposit_id=str(deposit_id))
    return found


async def _write_down(tx: Tx, by: UUID, act: Act, deposit_id: UUID, **details: str) -> None:
    await audit.record(tx, str(by), f"payments.deposit_{act.value}", f"deposit:{deposit_id}", details)


def _done(act: Act, object_id: UUID, *, is_repeat: bool = False) -> Done:
    return Done(object_id if act in FOUR_EYES else None, is_repeat)
