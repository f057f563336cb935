"""Orders a conversion at a venue, and finds out what became of it.

An order is sent once: whether it arrived is then only ever looked up, where it was sent. While that is not
known nothing else is ordered. A conversion in two parts is ordered one part after the other, for that reason.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from capitalino.kit.clock import Clock
from capitalino.kit.ids import step_id
from capitalino.money import ASSETS
from capitalino.services.payments.adapters.venue import Filled, NotSeen, Orders, Refused, Unsure, units
from capitalino.services.payments.domain.parts import failures, to_order
from capitalino.services.payments.domain.payments import (
    ATTEMPTS_MAX,
    Attempt,
    Conversion,
    Quote,
    State,
    Step,
)
from capitalino.services.payments.domain.routing import Routing
from capitalino.services.payments.errors.payments import QuoteExpired, VenueAway
from capitalino.services.payments.service.progress import AGAIN_S, ORDER_LATE, Progress
from capitalino.services.payments.service.router import Router
from capitalino.services.payments.store.conversions import Move

log = structlog.get_logger()
PAUSE_S = 0.2
"""Before a venue that has just said no is asked again."""
NAP_S = 1.0
"""A venue that wants to be left alone for longer is come back to: no worker sleeps that long."""


class Ordering:
    """The steps between the hold and the books."""

    def __init__(
        self, progress: Progress, router: Router, orders: Orders, clock: Clock, *, quote_grace_s: int
    ) -> None:
        self._progress, self._router, self._orders, self._clock = progress, router, orders, clock
        self._grace = timedelta(seconds=quote_grace_s)

    async def send(self, conversion: Conversion, *before: Move) -> Conversion | None:
        """Order at the best venue; `before` is written together with the intention to."""
        quote, orders = conversion.quote, await self._progress.orders(conversion)
        if any(one.state == "late" for one in orders):
            review = Move(conversion.step, State.IN_REVIEW, ORDER_LATE)
            return await self._progress.move(conversion, *before, review)
        if (why := self._too_late(quote, orders)) is not None:
            return await self._give_up(conversion, *before, why=why)
        wanted = to_order(quote, orders)
        routing = await self._router.route(quote, wanted, orders)
        if isinstance(routing, Refused):
            log.warning("order.refused", conversion_id=str(conversion.conversion_id), why=routing.why)
            return await self._give_up(conversion, *before, why="payments.venue_refused")
        if not routing.parts:  # too little for any venue: from the house's own
            return await self._progress.move(conversion, *before, Move(Step.FILLED))
        if orders and (orders[-1].venue, orders[-1].state) == (routing.parts[0].venue, "never"):
            await asyncio.sleep(PAUSE_S)  # the others cannot take it after all
        attempt = self._attempt(conversion, wanted, routing, number=len(orders) + 1)
        sent = await self._progress.move(conversion, *before, Move(Step.SENT), begun=attempt)
        if sent is None:
            return None
        found = await self._orders.place(quote, attempt, routing.parts[0].amount)
        return await self._outcome(sent, found)

    async def look_up(self, conversion: Conversion) -> Conversion | None:
        """What became of the last order."""
        attempt = conversion.attempt
        assert attempt is not None, "what was sent has an attempt"
        return await self._outcome(conversion, await self._orders.look_up(conversion.quote, attempt))

    def until_too_late(self, conversion: Conversion, asked_s: float) -> float:
        """What a venue asks for, but no longer than an order is still possible: then the money goes back."""
        if conversion.step not in (Step.BEGUN, Step.HELD):
            return asked_s
        left = conversion.quote.expires_at + self._grace - self._clock.now()
        return min(asked_s, max(left.total_seconds(), 0) + AGAIN_S[0])

    def _too_late(self, quote: Quote, orders: Sequence[Attempt]) -> str | None:
        """Why nothing is ordered any more."""
        if self._clock.now() > quote.expires_at + self._grace:
            return QuoteExpired.code  # the market has moved on: what is bought now is not what was offered
        return VenueAway.code if failures(orders) >= ATTEMPTS_MAX else None

    def _attempt(self, conversion: Conversion, wanted: int, routing: Routing, number: int) -> Attempt:
        """The first part; what is left is ordered when it is filled, and routed anew then."""
        part, *others = routing.parts
        left = wanted - units(part.amount, ASSETS[conversion.quote.instrument[0]].scale) if others else 0
        return Attempt(
            attempt=number,
            client_order_id=step_id(conversion.conversion_id, f"order-{number}").hex,
            venue=part.venue,
            sent_at=self._clock.now(),
            wanted_units=wanted,
            left_units=left,
            routing=routing.document(),
        )

    async def _give_up(self, conversion: Conversion, *before: Move, why: str) -> Conversion | None:
        if conversion.fills:
            # A part of it was executed, so nothing is given back: the house has the rest from its own.
            log.error("order.rest_left", conversion_id=str(conversion.conversion_id), why=why)
            return await self._progress.move(conversion, *before, Move(Step.FILLED))
        return await self._progress.move(conversion, *before, Move(Step.REFUSING, reason=why))

    async def _outcome(
        self, conversion: Conversion, found: Filled | Refused | NotSeen | Unsure
    ) -> Conversion | None:
        """Write what became of an order: it was filled, it never will be, or that is not known yet."""
        attempt = conversion.attempt
        assert attempt is not None, "an outcome belongs to an attempt"
        match found:
            case Filled(base_units, quote_units):
                filled = replace(attempt, state="filled", base_units=base_units, quote_units=quote_units)
                step = Step.HELD if attempt.left_units else Step.FILLED
                return await self._progress.move(conversion, Move(step), ended=filled)
            case Refused() | NotSeen():
                log.warning(
                    "order.never",
                    conversion_id=str(conversion.conversion_id),
                    venue=attempt.venue,
                    why=found.why,
                )
                never = replace(attempt, state="never")
                moved = await self._progress.move(conversion, Move(Step.HELD), ended=never)
                return await self._after(moved, attempt.venue, found) if moved else None
            case Unsure():
                await self._progress.wait(
                    conversion, State.UNKNOWN, found.why, least_s=found.wait_s, is_try=found.is_asked
                )
                return None

    async def _after(self, conversion: Conversion, venue: str, found: Refused | NotSeen) -> Conversion | None:
        """Go to another venue at once; where there is none, stay away as long as this one asks."""
        if self._router.is_other_able(venue):
            return conversion
        if found.wait_s <= NAP_S:
            await asyncio.sleep(found.wait_s)
            return conversion
        least_s = self.until_too_late(conversion, found.wait_s)
        await self._progress.wait(conversion, State.PENDING, found.why, least_s=least_s)
        return None
