"""What staff ask for: under which id it stands, and four eyes where somebody else has to say yes first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from capitalino.contracts.ledger.api import AnyEntry, EntryOutcome
from capitalino.kit import audit
from capitalino.kit.approvals import Approval, ApprovalExpired, ApprovalMissing
from capitalino.kit.auth import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import Forbidden
from capitalino.kit.idempotency import KeyReused
from capitalino.kit.ids import step_id
from capitalino.kit.pages import Page
from capitalino.services.ledger.domain import Verdict
from capitalino.services.ledger.service.directory import own_prefix, position
from capitalino.services.ledger.service.refusals import REFUSALS
from capitalino.services.ledger.store import approvals, history

OPEN_DAYS = 7
"""So long it may be decided; then it has to be asked for again."""
NOT_GRANTED = "approval.refused"
COMMANDS: TypeAdapter[tuple[AnyEntry, ...]] = TypeAdapter(tuple[AnyEntry, ...])
Operation = Literal["entry", "reversal", "hold", "capture", "release", "batch", "account_change"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what, under which key, why, and with which body (and path) it was sent."""

    who: Principal
    operation: Operation
    key: str
    reason: str
    body: Mapping[str, Any]

    @property
    def object_id(self) -> UUID:
        """Of the entry, the batch or the change: it follows from the key, so that a repeat finds it."""
        return step_id(self.who.user_id, f"ledger.{self.operation}:{self.key}")


@dataclass(frozen=True, slots=True)
class Reached:
    """How far something is that was asked for: what was said to it, and what the book says of its entries."""

    approval: Approval
    outcomes: tuple[EntryOutcome, ...] = ()
    is_repeat: bool = False
    is_expired: bool = False

    @property
    def state(self) -> Literal["in_review", "pending", "settled", "refused"]:
        """In the words of payments."""
        if self.approval.state == "asked":
            return "refused" if self.is_expired else "in_review"
        if self.approval.state == "refused":
            return "refused"
        if any(one.state == "unknown" for one in self.outcomes):
            return "pending"
        is_refused = self.outcomes and all(one.state == "refused" for one in self.outcomes)
        return "refused" if is_refused else "settled"

    @property
    def reason(self) -> str | None:
        """Why it was refused: a code."""
        if self.state != "refused":
            return None
        if self.outcomes:
            return self.outcomes[0].code
        return ApprovalExpired.code if self.is_expired else NOT_GRANTED


class Asking:
    """Keeps what was asked for until somebody else has decided."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def find(self, approval_id: UUID, *, is_repeat: bool = False) -> Reached:
        """What was asked, and how far it is; from the book itself."""
        async with self._db.begin() as tx:
            return await self._reached(tx, await approvals.find(tx, approval_id), is_repeat=is_repeat)

    async def page(self, state: str | None, page: Page) -> tuple[list[Reached], str | None]:
        """What was asked, newest first, and what became of it; where the next page begins."""
        async with self._db.begin() as tx:
            found = await approvals.page(
                tx, state, before=position(page), offset=page.offset, limit=page.limit + 1
            )
            shown = [await self._reached(tx, one) for one in found[: page.limit]]
        last = shown[-1].approval if len(found) > page.limit else None
        return shown, None if last is None else f"{last.asked_at.isoformat()}|{last.approval_id}"

    async def known(self, asked: Asked) -> Reached | None:
        """What was asked before under this key; None when nothing was. KeyReused for another body."""
        async with self._db.begin() as tx:
            try:
                found = await approvals.find(tx, asked.object_id)
            except ApprovalMissing:
                return None
            if found.payload["asked"] != asked.body:
                raise KeyReused("This idempotency key was used for another request.", key=asked.key)
            return await self._reached(tx, found, is_repeat=True)

    async def ask(self, tx: Tx, asked: Asked, **payload: Any) -> bool:
        """Ask for it; whether that is new. It leaves a row in the audit log."""
        body = {"asked": asked.body, "commands": [], **payload}
        verdict = await approvals.ask(
            tx, asked.object_id, asked.operation, body, asked.who.user_id, days=OPEN_DAYS
        )
        if verdict is Verdict.ID_REUSED:
            raise KeyReused("This idempotency key was used for another request.", key=asked.key)
        if verdict is Verdict.ACCEPTED:
            await write_down(tx, asked, f"ledger.{asked.operation}_asked", f"approval:{asked.object_id}")
        return verdict is Verdict.ACCEPTED

    async def _reached(self, tx: Tx, approval: Approval, *, is_repeat: bool = False) -> Reached:
        is_expired = approval.state == "asked" and self._clock.now() >= approval.expires_at
        outcomes: tuple[EntryOutcome, ...] = ()
        if approval.state == "granted":
            ids = [UUID(one["entry_id"]) for one in approval.payload["commands"]]
            known = await history.verdicts(tx, ids)
            outcomes = tuple(_outcome(one, known) for one in ids)
        return Reached(approval, outcomes, is_repeat, is_expired)


def commands_of(payload: Mapping[str, Any]) -> tuple[AnyEntry, ...]:
    """The entries that were asked for, as they will be posted."""
    return COMMANDS.validate_python(payload["commands"])


async def write_down(tx: Tx, asked: Asked, action: str, subject: str) -> None:
    """Who asked for it, and why. Call it last in the transaction."""
    details = {"reason": asked.reason, "id": str(asked.object_id)}
    await audit.record(tx, str(asked.who.user_id), action, subject, details)


async def refuse_own(tx: Tx, who: Principal, commands: Sequence[AnyEntry]) -> None:
    """Nobody on the staff moves or decides about the money of the investor that the same login acts for."""
    if who.investor_id is None:
        return
    postings = [p for one in commands for p in (*getattr(one, "postings", ()), *getattr(one, "further", ()))]
    touched = {end for posting in postings for end in (posting.source, posting.destination)}
    refs = [getattr(one, "hold_id", None) or getattr(one, "reverses", None) for one in commands]
    touched |= await history.addresses(tx, [ref for ref in refs if ref is not None])
    refuse_own_address(who, *touched)


def refuse_own_address(who: Principal, *addresses: str) -> None:
    """The same for addresses."""
    if who.investor_id is not None and any(one.startswith(own_prefix(who.investor_id)) for one in addresses):
        raise Forbidden("Nobody on the staff touches their own money.")


def _outcome(entry_id: UUID, known: Mapping[UUID, tuple[Verdict, datetime]]) -> EntryOutcome:
    if entry_id not in known:
        return EntryOutcome(entry_id=entry_id, state="unknown")
    verdict, recorded_at = known[entry_id]
    if verdict is Verdict.ACCEPTED:
        return EntryOutcome(entry_id=entry_id, state="accepted", recorded_at=recorded_at)
    return EntryOutcome(
        entry_id=entry_id, state="refused", code=REFUSALS[verdict][0].code, recorded_at=recorded_at
    )
