"""Drives one conversion to its end: hold, order, entry.

It may stop between any two lines and be taken up again.

What each step needs is written before the step; each step outside the database is asked under an id that
never changes, or looked up under ours. An order is sent once: whether it arrived is then only ever looked up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import structlog

from capitalino.contracts.ledger.api import CaptureHold, HoldUnits, LedgerEntries, PostEntry, ReleaseHold
from capitalino.contracts.payments.events import ConversionRefused, ConversionSettled
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.ids import step_id
from capitalino.services.payments.adapters.venue import Filled, NotSeen, Orders, Refused, Unsure
from capitalino.services.payments.domain import ATTEMPTS_MAX, FINAL, Attempt, Conversion, State, Step
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.postings import booked, given, held
from capitalino.services.payments.store import conversions as store
from capitalino.services.payments.store.conversions import Move

log = structlog.get_logger()
AGAIN_S = (0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 300.0, 3600.0)
"""When an order of unknown outcome is looked for again; after the last time it is for people."""
PEER_AWAY_S = 2.0
"""The longest pause while one of our own services is away: it comes back, and then nobody should wait."""


class Driver:
    """One conversion, step by step."""

    def __init__(
        self, db: Database, ledger: LedgerEntries, accounts: Accounts, orders: Orders, clock: Clock
    ) -> None:
        self._db, self._ledger, self._clock = db, ledger, clock
        self._accounts, self._orders = accounts, orders
        self._steps: dict[Step, Callable[[Conversion], Awaitable[Conversion | None]]] = {
            Step.BEGUN: self._hold,
            Step.HELD: self._send,
            Step.SENT: self._look_up,
            Step.FILLED: self._book,
            Step.REFUSING: self._release,
        }

    async def drive(self, conversion_id: UUID) -> None:
        """Go on until it ends, or until there is nothing to do but wait."""
        async with self._db.begin() as tx:
            conversion = await store.get(tx, conversion_id)
        while conversion is not None and conversion.state in (State.PENDING, State.UNKNOWN):
            here = conversion
            try:
                conversion = await self._steps[here.step](here)
            except AppError as error:
                if error.kind is not Kind.UNAVAILABLE:
                    raise
                log.info("conversion.waits", conversion_id=str(conversion_id), refusal=error.code)
                await self._wait(here, here.state)
                return

    async def _hold(self, conversion: Conversion) -> Conversion | None:
        await self._accounts.open_for(conversion)
        if conversion.effective_at is not None:
            return await self._book_past(conversion)
        command = HoldUnits(
            entry_id=step_id(conversion.conversion_id, "hold"),
            code="conversion.hold",
            postings=held(conversion),
            metadata={"conversion_id": str(conversion.conversion_id)},
        )
        try:
            await self._ledger.hold_units(command)
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            return await self._refuse(conversion, error.code)  # nothing is held
        return await self._send(conversion, Move(Step.HELD))

    async def _send(self, conversion: Conversion, *before: Move) -> Conversion | None:
        """Order at the venue; `before` is written together with the intention to."""
        number = conversion.attempt.attempt + 1 if conversion.attempt else 1
        if number > ATTEMPTS_MAX:
            refusing = Move(Step.REFUSING, reason="payments.venue_unavailable")
            return await self._move(conversion, *before, refusing)
        amount = await self._orders.size(conversion.quote)
        if not amount:  # too little for the venue: from the house's own
            return await self._move(conversion, *before, Move(Step.FILLED))
        order_id = step_id(conversion.conversion_id, f"order-{number}").hex
        attempt = Attempt(number, order_id, self._orders.venue, self._clock.now())
        sent = await self._move(conversion, *before, Move(Step.SENT), begun=attempt)
        if sent is None:
            return None
        return await self._outcome(sent, await self._orders.place(conversion.quote, order_id, amount))

    async def _look_up(self, conversion: Conversion) -> Conversion | None:
        attempt = conversion.attempt
        assert attempt is not None, "what was sent has an attempt"
        return await self._outcome(conversion, await self._orders.look_up(conversion.quote, attempt))

    async def _outcome(
        self, conversion: Conversion, found: Filled | Refused | NotSeen | Unsure
    ) -> Conversion | None:
        """Write what became of an order: it was filled, it never will be, or that is not known yet."""
        attempt = conversion.attempt
        assert attempt is not None, "an outcome belongs to an attempt"
        match found:
            case Filled(base_units, quote_units):
                filled = replace(attempt, state="filled", base_units=base_units, quote_units=quote_units)
                return await self._move(conversion, Move(Step.FILLED), ended=filled)
            case Refused() | NotSeen():
                log.warning("order.never", conversion_id=str(conversion.conversion_id), why=found.why)
                moved = await self._move(conversion, Move(Step.HELD), ended=replace(attempt, state="never"))
                if moved is not None:
                    await asyncio.sleep(found.wait_s)
                return moved
            case Unsure():
                await self._wait(conversion, State.UNKNOWN)
                return None

    async def _book(self, conversion: Conversion) -> Conversion | None:
        command = CaptureHold(
            entry_id=step_id(conversion.conversion_id, "entry"),
            hold_id=step_id(conversion.conversion_id, "hold"),
            code="conversion",
            further=booked(conversion),
            metadata={
                "conversion_id": str(conversion.conversion_id),
                "quote_id": str(conversion.quote.quote_id),
            },
        )
        try:
            await self._ledger.capture_hold(command)
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            # The order was executed and the books say no: that is for people, and nothing is given back.
            log.exception(
                "conversion.not_booked", conversion_id=str(conversion.conversion_id), refusal=error.code
            )
            return await self._move(conversion, Move(Step.FILLED, State.IN_REVIEW, error.code))
        return await self._move(conversion, Move(Step.BOOKED, State.SETTLED, settled_at=self._clock.now()))

    async def _book_past(self, conversion: Conversion) -> Conversion | None:
        """An exchange taken over from another system has no order: one entry, on its day."""
        command = PostEntry(
            entry_id=step_id(conversion.conversion_id, "entry"),
            code="conversion",
            postings=held(conversion) + given(conversion),
            effective_at=conversion.effective_at,
            metadata={"conversion_id": str(conversion.conversion_id)},
        )
        try:
            await self._ledger.post_entry(command)
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            return await self._refuse(conversion, error.code)
        return await self._move(conversion, Move(Step.BOOKED, State.SETTLED, settled_at=self._clock.now()))

    async def _release(self, conversion: Conversion) -> Conversion | None:
        conversion_id = conversion.conversion_id
        command = ReleaseHold(
            entry_id=step_id(conversion_id, "release"),
            hold_id=step_id(conversion_id, "hold"),
            code="conversion.release",
        )
        await self._ledger.release_hold(command)
        return await self._refuse(conversion, conversion.reason or "payments.venue_unavailable")

    async def _refuse(self, conversion: Conversion, reason: str) -> Conversion | None:
        return await self._move(conversion, Move(Step.RELEASED, State.REFUSED, reason))

    async def _move(
        self,
        conversion: Conversion,
        *moves: Move,
        begun: Attempt | None = None,
        ended: Attempt | None = None,
    ) -> Conversion | None:
        """Write the outcome of a step and tell it; None when another worker has been faster."""
        conversion_id, last = conversion.conversion_id, moves[-1]
        known = conversion.attempt.attempt if conversion.attempt else None
        async with self._db.begin() as tx:
            if await store.lock(tx, conversion_id) != (conversion.step, known):
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
        )

    async def _wait(self, conversion: Conversion, state: State) -> None:
        async with self._db.begin() as tx:
            current = await store.get(tx, conversion.conversion_id, lock=True)
            assert current is not None, "a conversion is never deleted"
            if current.state in FINAL or current.state is State.IN_REVIEW:
                return
            if state is State.UNKNOWN and current.tries >= len(AGAIN_S):
                unresolved = Move(current.step, State.IN_REVIEW, "payments.unresolved")
                await store.move(tx, conversion.conversion_id, (unresolved,))
                return
            pause = AGAIN_S[min(current.tries, len(AGAIN_S) - 1)]
            longest = pause if state is State.UNKNOWN else PEER_AWAY_S
            await store.put_off(tx, conversion.conversion_id, min(pause, longest), state)


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
