"""What the ledger is asked for a conversion: the hold, the entry, the release, or one entry for all of it.

Each is asked under an id that never changes. What the ledger has refused once, it refuses for ever: where it
is to be asked anew, it is asked under the next number.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import structlog

from capitalino.contracts.ledger.api import (
    CaptureHold,
    FindEntry,
    HoldUnits,
    LedgerEntries,
    PostEntry,
    Posting,
    ReleaseHold,
)
from capitalino.kit.clock import Clock
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.ids import step_id
from capitalino.services.payments.domain.payments import INVENTORY, Conversion, State, Step, cash, numbered
from capitalino.services.payments.errors.inventory import InventoryShort
from capitalino.services.payments.errors.payments import QuoteExpired, VenueAway
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.postings import booked, from_inventory, held, taken_over, terms
from capitalino.services.payments.service.progress import Progress
from capitalino.services.payments.store.conversions import Move

log = structlog.get_logger()
FUNDS = "ledger.insufficient_funds"
HOLDS_NOTHING = {
    FUNDS,
    *(f"ledger.{why}" for why in ("account_barred", "account_unknown", "ceiling_reached", "limit_reached")),
}
"""Refusals of a hold that say for certain that nothing is held."""
NOBODY_HAS = 10**35
"""Units of anything."""
HOLD_UNKNOWN = "ledger.hold_unknown"


class Booking:
    """The steps in which the ledger is asked; `send` is what follows a hold."""

    def __init__(
        self,
        progress: Progress,
        ledger: LedgerEntries,
        accounts: Accounts,
        clock: Clock,
        send: Callable[[Conversion, Move], Awaitable[Conversion | None]],
        *,
        quote_grace_s: int,
        refuses_short: bool = False,
    ) -> None:
        self._progress, self._ledger, self._accounts, self._clock = progress, ledger, accounts, clock
        self._send, self._refuses_short = send, refuses_short
        self._grace = timedelta(seconds=quote_grace_s)

    async def begin(self, conversion: Conversion) -> Conversion | None:
        """Set the investor's side aside; or do all of it, where no order is needed."""
        await self._accounts.open_for(conversion)
        if conversion.effective_at is not None:
            return await self._book_past(conversion)
        if conversion.settlement == "inventory":
            return await self._from_inventory(conversion)
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

    async def book(self, conversion: Conversion) -> Conversion | None:
        """Capture the hold and post the rest with it, each part as it was filled."""
        await self._accounts.open_filled(conversion)
        command = CaptureHold(
            entry_id=_entry_id(conversion),
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

    async def release(self, conversion: Conversion) -> Conversion | None:
        """Give back what was held; from the inventory nothing is, and nothing may be booked later."""
        reason = conversion.reason or VenueAway.code
        if conversion.settlement == "inventory":
            return await self._end_unbooked(conversion, reason)
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
        return await self._refuse(conversion, reason)

    async def _from_inventory(self, conversion: Conversion) -> Conversion | None:
        """One entry and no order: the book itself sees to it that the inventory suffices."""
        if self._clock.now() > conversion.quote.expires_at + self._grace:
            return await self._end_unbooked(conversion, QuoteExpired.code)
        command = PostEntry(
            entry_id=_entry_id(conversion),
            code="conversion",
            postings=from_inventory(conversion),
            metadata={"conversion_id": str(conversion.conversion_id)},
            exchange=terms(conversion),
        )
        try:
            await self._ledger.post_entry(command)
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
            if error.code == FUNDS:
                return await self._short(conversion)
            if error.code in HOLDS_NOTHING or await self._is_refused(command.entry_id):
                return await self._refuse(conversion, error.code)
            return await self._review(conversion, error)
        return await self._settled(conversion)

    async def _end_unbooked(self, conversion: Conversion, reason: str) -> Conversion | None:
        """Refuse it, unless it is booked and we were cut off; from here on it must never be booked.

        So the book is asked under its id for what nobody has. If it refuses, the id is spent, for whoever
        may still be about to ask under it too; if the id stands for the exchange, it says so.
        """
        priced, entry_id = conversion.quote.priced, _entry_id(conversion)
        source, asset = cash(conversion.investor_id), priced.taken.asset.code
        nobodys = Posting(source=source, destination=INVENTORY, asset=asset, units=NOBODY_HAS)
        try:
            await self._ledger.post_entry(
                PostEntry(entry_id=entry_id, code="conversion", postings=(nobodys,))
            )
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE:
                raise
        found = await self._ledger.find_entry(FindEntry(entry_id=entry_id))
        if found.state == "accepted":
            return await self._settled(conversion)
        assert found.state == "refused", "what nobody has is refused, or the id was used"
        return await self._refuse(conversion, reason)

    async def _short(self, conversion: Conversion) -> Conversion | None:
        """Somebody has too little: the investor, or the house. The book does not say who."""
        if not await self._accounts.has(conversion.investor_id, conversion.quote.priced.taken):
            return await self._refuse(conversion, FUNDS)
        if self._refuses_short:
            return await self._refuse(conversion, InventoryShort.code)
        log.info("conversion.inventory_short", conversion_id=str(conversion.conversion_id))
        next_number = conversion.entry_number + 1  # the refused id is spent
        ordered = Move(Step.BEGUN, entry_number=next_number, settlement="back_to_back")
        return await self._progress.move(conversion, ordered)

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

    async def _is_refused(self, entry_id: UUID) -> bool:
        return (await self._ledger.find_entry(FindEntry(entry_id=entry_id))).state == "refused"

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


def _entry_id(conversion: Conversion) -> UUID:
    return step_id(conversion.conversion_id, numbered("entry", conversion.entry_number))
