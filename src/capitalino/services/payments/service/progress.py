"""Writes how far a conversion has come: under its lock, by legal moves only, told in the same transaction."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from capitalino.contracts.payments.events import ConversionRefused, ConversionSettled
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.services.payments.domain.payments import FINAL, Attempt, Conversion, State, Step
from capitalino.services.payments.store import conversions as store
from capitalino.services.payments.store.conversions import Move

log = structlog.get_logger()
AGAIN_S = (0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 300.0, 3600.0)
"""When it is taken up again; an order that is still unknown after the last time is for people."""
ORDER_LATE = "payments.order_late"
GOING_ON = (State.PENDING, State.UNKNOWN)


class Progress:
    """What the steps of a conversion leave behind."""

    def __init__(self, db: Database, clock: Clock, pending_max_s: int) -> None:
        self._db, self._clock = db, clock
        self._pending_max = timedelta(seconds=pending_max_s)

    async def read(self, conversion_id: UUID) -> Conversion | None:
        """As it stands."""
        async with self._db.begin() as tx:
            return await store.get(tx, conversion_id)

    async def orders(self, conversion: Conversion) -> tuple[Attempt, ...]:
        """All its orders; without asking where there are none."""
        if conversion.attempt is None:
            return ()
        async with self._db.begin() as tx:
            return await store.attempts(tx, conversion.conversion_id)

    async def move(
        self,
        conversion: Conversion,
        *moves: Move,
        begun: Attempt | None = None,
        ended: Attempt | None = None,
    ) -> Conversion | None:
        """Write the outcome of a step and tell it; None when another worker has been faster."""
        conversion_id, last = conversion.conversion_id, moves[-1]
        async with self._db.begin() as tx:
            if await store.lock(tx, conversion_id) != conversion.mark:
                if ended is not None and ended.state == "filled":
                    await self._keep_late(tx, conversion_id, ended)
                return None
            orders_on = conversion.step is Step.HELD and conversion.attempt is not None
            if orders_on and await store.has_late(tx, conversion_id):
                # Nothing is ordered a second time, or given back: an earlier order was executed after all.
                step = moves[-2].step if len(moves) > 1 else conversion.step
                await store.move(tx, conversion_id, (*moves[:-1], _late(step)))
                return None
            if begun is not None:
                await store.add_attempt(tx, conversion_id, begun)
            if ended is not None:
                await store.save_attempt(tx, conversion_id, ended)
            await store.move(tx, conversion_id, moves)
            if last.state in FINAL:
                await tx.emit(_told(conversion, last))
        return replace(
            conversion,
            step=last.step,
            state=last.state,
            reason=last.reason,
            attempt=begun or ended or conversion.attempt,
            entry_number=last.entry_number or conversion.entry_number,
            fills=conversion.fills + ((ended,) if ended is not None and ended.state == "filled" else ()),
            settlement=last.settlement or conversion.settlement,
        )

    async def wait(
        self,
        seen: Conversion,
        state: State,
        why: str,
        *,
        least_s: float = 0,
        most_s: float = AGAIN_S[-1],
        is_try: bool = True,
    ) -> None:
        """Come back to it later, ever more slowly; give it to people when that has been tried for too long.

        Unless somebody else has brought it further than was `seen`. Where nobody was asked, it is no try, and
        the next one comes as soon as it may.
        """
        async with self._db.begin() as tx:
            current = await store.get(tx, seen.conversion_id, lock=True)
            assert current is not None, "a conversion is never deleted"
            if current.mark != seen.mark or current.state not in GOING_ON:
                return
            reason = self._given_up(current, state, why, is_try=is_try)
            if reason is not None:
                log.error(
                    "conversion.given_up", conversion_id=str(seen.conversion_id), reason=reason, why=why
                )
                review = Move(current.step, State.IN_REVIEW, reason)
                await store.move(tx, seen.conversion_id, (review,))
                return
            pause_s = min(AGAIN_S[min(current.tries, len(AGAIN_S) - 1) if is_try else 0], most_s)
            pause_s = min(max(pause_s, least_s), AGAIN_S[-1])
            await store.put_off(tx, current, pause_s, state, is_try=is_try)

    def _given_up(self, current: Conversion, state: State, why: str, *, is_try: bool) -> str | None:
        assert current.moved_at is not None, "its first step was noted"
        is_late = self._clock.now() - current.moved_at > self._pending_max
        if state is State.UNKNOWN:
            is_over = current.tries >= len(AGAIN_S) if is_try else is_late
            return "payments.unresolved" if is_over else None
        return why if is_late else None

    @staticmethod
    async def _keep_late(tx: Tx, conversion_id: UUID, filled: Attempt) -> None:
        """An order was executed, its conversion has gone on without it: nothing is dropped, people look."""
        if not await store.save_late(tx, conversion_id, filled):
            return  # the same outcome, written by who was faster
        log.error("order.late", conversion_id=str(conversion_id), client_order_id=filled.client_order_id)
        current = await store.get(tx, conversion_id)
        assert current is not None, "a conversion is never deleted"
        if current.state not in FINAL:
            await store.move(tx, conversion_id, (_late(current.step),))


def _late(step: Step) -> Move:
    return Move(step, State.IN_REVIEW, ORDER_LATE)


def _told(conversion: Conversion, move: Move) -> ConversionSettled | ConversionRefused:
    priced = conversion.quote.priced
    if move.state is State.SETTLED:
        return ConversionSettled(
            conversion_id=conversion.conversion_id,
            investor_id=conversion.investor_id,
            from_asset=priced.taken.asset.code,
            from_units=priced.taken.units,
            to_asset=priced.given.asset.code,
            to_units=priced.given.units,
            fee_units=priced.fee.units,
            rate=priced.rate,
            effective_at=conversion.effective_at,
        )
    return ConversionRefused(
        conversion_id=conversion.conversion_id,
        investor_id=conversion.investor_id,
        from_asset=priced.taken.asset.code,
        from_units=priced.taken.units,
        to_asset=priced.given.asset.code,
        reason=move.reason or "payments.refused",
    )
