"""What staff ask for: once for each key, kept until somebody else has decided, never for themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from capitalino.kit import approvals, audit, idempotency
from capitalino.kit.approvals import Approval
from capitalino.kit.auth import Principal
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.errors import Forbidden
from capitalino.kit.ids import new_id
from capitalino.kit.pages import CursorUnknown, Page
from capitalino.services.payments.store import approvals as store

OPEN_FOR = timedelta(days=7)
"""So long it may be decided; then it has to be asked for again."""
What = Literal["terms", "opening", "conversion_act", "deposit_act"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, for what sort of thing, under which key, why, and with which body."""

    who: Principal
    operation: str
    key: str
    reason: str
    body: Mapping[str, Any]

    @property
    def claim(self) -> idempotency.Key:
        """The key as it is kept."""
        return idempotency.Key(self.who.user_id, self.operation, self.key, dict(self.body))


@dataclass(frozen=True, slots=True)
class Reached:
    """What was asked, whether it can still be decided, and whether it was asked before."""

    approval: Approval
    is_expired: bool
    is_repeat: bool = False

    @property
    def state(self) -> Literal["asked", "granted", "refused", "expired"]:
        """How far it is."""
        return "expired" if self.is_expired else self.approval.state


class Asking:
    """Keeps what was asked for."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def known(self, asked: Asked) -> UUID | None:
        """What this key stands for already."""
        async with self._db.begin() as tx:
            return await idempotency.find(tx, asked.claim)

    async def find(self, approval_id: UUID, *, is_repeat: bool = False) -> Reached:
        """One of them."""
        async with self._db.begin() as tx:
            return self._reached(await approvals.find(tx, approval_id), is_repeat=is_repeat)

    async def page(self, state: str | None, wanted: Page) -> tuple[list[Reached], str | None]:
        """What was asked for, the newest first; and where the next page begins."""
        async with self._db.begin() as tx:
            before = _position(wanted)
            found = await store.page(tx, state, before=before, offset=wanted.offset, limit=wanted.limit + 1)
        shown = [self._reached(one) for one in found[: wanted.limit]]
        last = shown[-1].approval if len(found) > wanted.limit else None
        return shown, None if last is None else f"{last.asked_at.isoformat()}|{last.approval_id}"

    async def ask(
        self, tx: Tx, asked: Asked, what: What, payload: Mapping[str, Any], approval_id: UUID | None = None
    ) -> tuple[UUID, bool]:
        """Ask for it, unless the key was used: its id, and whether it is new. Audited.

        With an `approval_id` the key is the caller's, and claimed already.
        """
        wanted = approval_id or new_id()
        if approval_id is None:
            claimed = await idempotency.claim(tx, asked.claim, wanted)
            if claimed != wanted:
                return claimed, False
        now, by = self._clock.now(), asked.who.user_id
        body = {**payload, "reason": asked.reason}
        await approvals.ask(tx, Approval(wanted, what, body, by, now, now + OPEN_FOR))
        subject = f"approval:{wanted}"
        await audit.record(tx, str(by), f"payments.{what}_asked", subject, {"reason": asked.reason})
        return wanted, True

    def _reached(self, approval: Approval, *, is_repeat: bool = False) -> Reached:
        is_expired = approval.state == "asked" and self._clock.now() >= approval.expires_at
        return Reached(approval, is_expired, is_repeat)


def refuse_own(who: Principal, *investors: UUID | str | None) -> None:
    """Nobody on the staff moves or decides about the money of the investor that the same login acts for."""
    if who.investor_id is not None and str(who.investor_id) in {str(one) for one in investors}:
        raise Forbidden("Nobody on the staff touches their own money.")


def _position(page: Page) -> tuple[datetime, UUID] | None:
    if page.after is None:
        return None
    at, _, last = page.after.partition("|")
    try:
        return datetime.fromisoformat(at), UUID(last)
    except ValueError:
        raise CursorUnknown("The cursor is not one of ours.") from None
