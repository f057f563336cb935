"""Drives one conversion to its end: hold, order, entry.

It may stop between any two lines and be taken up again.

What each step needs is written before the step; each step outside the database is asked under an id that
never changes, or looked up under ours.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from capitalino.contracts.ledger.api import LedgerEntries
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, Kind
from capitalino.services.payments.adapters.venue import Orders
from capitalino.services.payments.domain.payments import Conversion, Step
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.booking import Booking
from capitalino.services.payments.service.ordering import Ordering
from capitalino.services.payments.service.progress import GOING_ON, Progress
from capitalino.services.payments.service.router import Router
from capitalino.services.payments.settings import PaymentsSettings

log = structlog.get_logger()
PEER_AWAY_S = 2.0
"""The longest pause while one of our own services is away: it comes back, and then nobody should wait."""


class Driver:
    """One conversion, step by step."""

    def __init__(self, progress: Progress, booking: Booking, ordering: Ordering) -> None:
        self._progress, self._ordering = progress, ordering
        self._steps: dict[Step, Callable[[Conversion], Awaitable[Conversion | None]]] = {
            Step.BEGUN: booking.begin,
            Step.HELD: ordering.send,
            Step.SENT: ordering.look_up,
            Step.FILLED: booking.book,
            Step.REFUSING: booking.release,
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
            least_s = self._ordering.until_too_late(conversion, error.details.get("retry_after_s", 0))
            await self._progress.wait(
                conversion, conversion.state, error.code, least_s=least_s, most_s=PEER_AWAY_S
            )
            return
        why = error.code if isinstance(error, AppError) else "payments.unexpected"
        log.error("conversion.failed", conversion_id=conversion_id, refusal=why, exc_info=error)
        await self._progress.wait(conversion, conversion.state, why)


def open_driver(
    db: Database,
    ledger: LedgerEntries,
    accounts: Accounts,
    router: Router,
    settings: PaymentsSettings,
    *,
    clock: Clock,
) -> Driver:
    """Put it together."""
    progress = Progress(db, clock, settings.pending_max_s)
    orders = Orders(router.venues, clock, settings.order_lost_after_s)
    grace_s, refuses = settings.quote_grace_s, settings.inventory_short == "refuse"
    ordering = Ordering(progress, router, orders, clock, quote_grace_s=grace_s)
    booking = Booking(
        progress, ledger, accounts, clock, ordering.send, quote_grace_s=grace_s, refuses_short=refuses
    )
    return Driver(progress, booking, ordering)
