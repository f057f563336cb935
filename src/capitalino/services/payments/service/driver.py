"""Drives one conversion to its end: hold, order, entry.

It may stop between any two lines and be taken up again.

What each step needs is written before the step; each step outside the database is asked under an id that
never changes, or looked up under ours. An order is sent once: whether it arrived is then only ever looked up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from capitalino.contracts.ledger.api import (
    CaptureHold,
    FindEntry,
    HoldUnits,
    LedgerEntries,
    PostEntry,
    ReleaseHold,
)
from capitalino.kit.clock import Clock
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.ids import step_id
from capitalino.services.payments.adapters.venue import Filled, NotSeen, Orders, Refused, Unsure
from capitalino.services.payments.domain.payments import (
    ATTEMPTS_MAX,
    Attempt,
    Conversion,
    State,
    Step,
    numbered,
)
from capitalino.services.payments.errors.payments import QuoteExpired, VenueAway
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.postings import booked, held, taken_over, terms
from capitalino.services.payments.service.progress import AGAIN_S, GOING_ON, Progress
from capitalino.services.payments.store.conversions import Move

log = structlog.get_logger()
PEER_AWAY_S = 2.0
"""The longest pause while one of our own services is away: it comes back, and then nobody should wait."""
NAP_S = 1.0
"""A venue that wants to be left alone for longer is come back to: no worker sleeps that long."""
HOLDS_NOTHING = {
    f"ledger.{why}"
    for why in ("insufficient_funds", "account_barred", "account_unknown", "ceiling_reached", "limit_reached")
}
"""Refusals of a hold that say for certain that nothing is held."""
HOLD_UNKNOWN = "ledger.hold_unknown"


class Driver:
    """One conversion, step by step."""

    def __init__(
        self,
        progress: Progress,
        ledger: LedgerEntries,
        accounts: Accounts,
        orders: Orders,
        clock: Clock,
        *,
        quote_grace_s: int,
    ) -> None:
        self._progress, self._ledger, self._clock = progress, ledger, clock
        self._accounts, self._orders = accounts, orders
        self._grace = timedelta(seconds=quote_grace_s)
        self._steps: dict[Step, Callable[[Conversion], Awaitable[Conversion | None]]] = {
            Step.BEGUN: self._hold,
            Step.HELD: self._send,
            Step.SENT: self._look_up,
            Step.FILLED: self._book,
            Step.REFUSING: self._release,
        }

    async def drive(self, conversion_id: UUID) -> None:
        """Go on until it ends, or until there is nothing to do but wait."""
        conversion = await self._progress.read(conversion_id)
        while conversion is not None and conversion.state in GOING_ON:
            here = conversion
            try:
                conversion = await self._steps[here.step](here)
            except Exception as error:  # noqa: BLE001 - counts as a try: else it came again in every round
                await self._failed(here, error)
                return

    async def _failed(self, conversion: Conversion, error: Exception) -> None:
        """A step could not be done now, or not as anybody foresaw."""
        conversion_id = str(conversion.conversion_id)
        if isinstance(error, AppError) and error.kind is Kind.UNAVAILABLE:
            log.info("conversion.waits", conversion_id=conversion_id, refusal=error.code)
            least_s = self._until_too_late(conversion, error.details.get("retry_after_s", 0))
            await self._progress.wait(
                conversion, conversion.state, error.code, least_s=least_s, most_s=PEER_AWAY_S
            )
            return
        why = error.code if isinstance(error, AppError) else "payments.unexpected"
        log.error("conversion.failed", conversion_id=conversion_id, refusal=why, exc_info=error)
        await self._progress.wait(conversion, conversion.state, why)

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
            if error.code in HOLDS_NOTHING or await self._is_refused(command.entry_id):
                return await self._refuse(conversion, error.code)
            # Perhaps it is held, and under another body: it is given back, if there is anything to give.
            log.exception(
                "conversion.not_held", conversion_id=str(conversion.conversion_id), refusal=error.code
            )
            return await self._progress.move(conversion, Move(Step.REFUSING, reason=error.code))
        return await self._send(conversion, Move(Step.HELD))

    async def _is_refused(self, entry_id: UUID) -> bool:
        return (await self._ledger.find_entry(FindEntry(entry_id=entry_id))).state == "refused"

    async def _send(self, conversion: Conversion, *before: Move) -> Conversion | None:
        """Order at the venue; `before` is written together with the intention to."""
        number = conversion.attempt.attempt + 1 if conversion.attempt else 1
        if self._clock.now() > conversion.quote.expires_at + self._grace:
            # The market has moved on: what is bought now is not what was offered.
            return await self._give_up(conversion, *before, why=QuoteExpired.code)
        if number > ATTEMPTS_MAX:
            return await self._give_up(conversion, *before, why=VenueAway.code)
        amount = await self._orders.size(conversion.quote)
        if isinstance(amount, Refused):
            log.warning("order.refused", conversion_id=str(conversion.conversion_id), why=amount.why)
            return await self._give_up(conversion, *before, why="payments.venue_refused")
        if not amount:  # too little for the venue: from the house's own
            return await self._progress.move(conversion, *before, Move(Step.FILLED))
        order_id = step_id(conversion.conversion_id, f"order-{number}").hex
        attempt = Attempt(number, order_id, self._orders.venue, self._clock.now())
        sent = await self._progress.move(conversion, *before, Move(Step.SENT), begun=attempt)
        if sent is None:
            return None
        return await self._outcome(sent, await self._orders.place(conversion.quote, attempt, amount))

    async def _give_up(self, conversion: Conversion, *before: Move, why: str) -> Conversion | None:
        return await self._progress.move(conversion, *before, Move(Step.REFUSING, reason=why))

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
                return await self._progress.move(conversion, Move(Step.FILLED), ended=filled)
            case Refused() | NotSeen():
                log.warning("order.never", conversion_id=str(conversion.conversion_id), why=found.why)
                never = replace(attempt, state="never")
                moved = await self._progress.move(conversion, Move(Step.HELD), ended=never)
                return await self._after(moved, found) if moved else None
            case Unsure():
                await self._progress.wait(conversion, State.UNKNOWN, found.why, least_s=found.wait_s)
                return None

    async def _after(self, conversion: Conversion, found: Refused | NotSeen) -> Conversion | None:
        """Stay away from the venue as long as it asks, before the next order."""
        if found.wait_s <= NAP_S:
            await asyncio.sleep(found.wait_s)
            return conversion
        least_s = self._until_too_late(conversion, found.wait_s)
        await self._progress.wait(conversion, State.PENDING, found.why, least_s=least_s)
        return None

    def _until_too_late(self, conversion: Conversion, asked_s: float) -> float:
        """What a venue asks for, but no longer than an order is still possible: then the money goes back."""
        if conversion.step not in (Step.BEGUN, Step.HELD):
            return asked_s
        left = conversion.quote.expires_at + self._grace - self._clock.now()
        return min(asked_s, max(left.total_seconds(), 0) + AGAIN_S[0])

    async def _book(self, conversion: Conversion) -> Conversion | None:
        command = CaptureHold(
            entry_id=step_id(conversion.conversion_id, numbered("entry", conversion.entry_number)),
            hold_id=step_id(conversion.conversion_id, "hold"),
            code="conversion",
            further=booked(conversion),
            metadata={"conversion_id": str(conversion.conversion_id)},
            exchange=terms(conversion),
        )
        try:
            await self._ledger.capture_hold(command)
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            # The order was executed and the books say no: that is for people, and nothing is given back.
            return await self._review(conversion, error)
        return await self._settled(conversion)

    async def _book_past(self, conversion: Conversion) -> Conversion | None:
        """An exchange taken over from another system has no order: one entry, on its day."""
        command = PostEntry(
            entry_id=step_id(conversion.conversion_id, "entry"),
            code="conversion",
            postings=taken_over(conversion),
            effective_at=conversion.effective_at,
            metadata={"conversion_id": str(conversion.conversion_id)},
        )
        try:
            await self._ledger.post_entry(command)
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            return await self._refuse(conversion, error.code)
        return await self._settled(conversion)

    async def _release(self, conversion: Conversion) -> Conversion | None:
        conversion_id = conversion.conversion_id
        command = ReleaseHold(
            entry_id=step_id(conversion_id, numbered("release", conversion.entry_number)),
            hold_id=step_id(conversion_id, "hold"),
            code="conversion.release",
        )
        try:
            await self._ledger.release_hold(command)
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            if error.code != HOLD_UNKNOWN:  # where nothing was held there is nothing to give back
                return await self._review(conversion, error)
        return await self._refuse(conversion, conversion.reason or VenueAway.code)

    async def _review(self, conversion: Conversion, refusal: AppError) -> Conversion | None:
        """For people. The refused id is spent: when it is handed back, the books are asked under the next."""
        conversion_id = str(conversion.conversion_id)
        log.error("conversion.not_booked", conversion_id=conversion_id, refusal=refusal.code)
        next_number = conversion.entry_number + 1
        review = Move(conversion.step, State.IN_REVIEW, refusal.code, entry_number=next_number)
        return await self._progress.move(conversion, review)

    async def _settled(self, conversion: Conversion) -> Conversion | None:
        booked_now = Move(Step.BOOKED, State.SETTLED, settled_at=self._clock.now())
        return await self._progress.move(conversion, booked_now)

    async def _refuse(self, conversion: Conversion, reason: str) -> Conversion | None:
        return await self._progress.move(conversion, Move(Step.RELEASED, State.REFUSED, reason))
