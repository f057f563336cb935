"""Switches: one of the staff closes at once, two open again."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from capitalino.kit import audit, idempotency
from capitalino.kit.approvals import Approval
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.money import ASSETS
from capitalino.services.payments.domain.switches import ALL, Closure, Flow, Scope
from capitalino.services.payments.errors.staff import AlreadyOpen, ClosureNotFound, ScopeInvalid
from capitalino.services.payments.service.asking import Asked, Asking, Reached
from capitalino.services.payments.store import switches as store

log = structlog.get_logger()


class Switches:
    """What protects takes one person; what opens up waits for somebody else."""

    def __init__(self, db: Database, asking: Asking, clock: Clock, venues: Sequence[str]) -> None:
        self._db, self._asking, self._clock, self._venues = db, asking, clock, venues

    async def standing(self) -> list[Closure]:
        """What is closed now."""
        async with self._db.begin() as tx:
            return await store.standing(tx)

    async def page(self, wanted: Page) -> list[tuple[int, Closure]]:
        """All that was ever closed with its position, the newest first."""
        async with self._db.begin() as tx:
            return await store.page(tx, wanted)

    async def find(self, closure_id: UUID) -> Closure:
        """One of them."""
        async with self._db.begin() as tx:
            return await _existing(tx, closure_id)

    async def close(self, asked: Asked, scope: Scope) -> tuple[Closure, bool]:
        """Close at once; what is closed already is answered. Whether this key was used before.

        When this is answered, nothing that it covers can begin any more.
        """
        self._check(scope)
        by = asked.who.user_id
        new = Closure(new_id(), scope, asked.reason, by, self._clock.now())
        async with self._db.begin() as tx:
            claimed = await idempotency.claim(tx, asked.claim, new.closure_id)
            if claimed != new.closure_id:
                return await self._of_key(tx, claimed, scope), True
            if await store.close(tx, new):
                log.warning("flow.closed", flow=scope.flow, asset=scope.asset, venue=scope.venue)
            # Said by somebody else before: this one is in the audit log too.
            details = {"reason": asked.reason, "closure_id": str(new.closure_id)}
            await audit.record(tx, str(by), "payments.flow_closed", f"switch:{scope}", details)
            found = await store.of_scope(tx, scope)
        assert found is not None, "it was just closed, or was closed already"
        return found, False

    async def ask_to_open(self, asked: Asked, closure_id: UUID) -> Reached:
        """Ask that it be opened again."""
        known = await self._asking.known(asked)
        if known is not None:
            return await self._asking.find(known, is_repeat=True)
        async with self._db.begin() as tx:
            closed = await _closed_yet(tx, closure_id)
            payload = {"closure_id": str(closure_id), "scope": str(closed.scope)}
            approval_id, is_new = await self._asking.ask(tx, asked, "opening", payload)
        return await self._asking.find(approval_id, is_repeat=not is_new)

    async def look(self, asked: Approval) -> None:
        """Nobody else has to be asked."""

    async def carry_out(self, tx: Tx, granted: Approval, approved_by: UUID) -> None:
        """Open it. What was kept waiting goes on by itself."""
        closed = await _closed_yet(tx, UUID(granted.payload["closure_id"]), lock=True)
        await store.open_again(tx, closed.closure_id, granted.approval_id, granted.asked_by, approved_by)
        details = {"closure_id": str(closed.closure_id), "asked_by": str(granted.asked_by)}
        await audit.record(tx, str(approved_by), "payments.flow_opened", f"switch:{closed.scope}", details)

    @staticmethod
    async def _of_key(tx: Tx, closure_id: UUID, scope: Scope) -> Closure:
        """What a used key has closed: a closure of its own, or one that stood already."""
        found = await store.get(tx, closure_id) or await store.of_scope(tx, scope)
        if found is None:
            raise AlreadyOpen("It was opened again in the meantime.", scope=str(scope))
        return found

    def _check(self, scope: Scope) -> None:
        flow_known = scope.flow == ALL or scope.flow in tuple(Flow)
        asset_known = scope.asset == ALL or scope.asset in ASSETS
        if scope == Scope() or not flow_known or not asset_known or scope.venue not in (ALL, *self._venues):
            raise ScopeInvalid("Name a flow, an asset or a venue that we have.", scope=str(scope))


async def _existing(tx: Tx, closure_id: UUID, *, lock: bool = False) -> Closure:
    found = await store.get(tx, closure_id, lock=lock)
    if found is None:
        raise ClosureNotFound("Nothing was closed under this id.", closure_id=str(closure_id))
    return found


async def _closed_yet(tx: Tx, closure_id: UUID, *, lock: bool = False) -> Closure:
    found = await _existing(tx, closure_id, lock=lock)
    if found.opened_at is not None:
        raise AlreadyOpen("It was opened again in the meantime.", closure_id=str(closure_id))
    return found
