"""Orders at a venue, in the words of payments: it happened, it never will, it is not known."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

import structlog

from capitalino.kit.clock import Clock
from capitalino.money import ASSETS, WIDE
from capitalino.services.payments.domain.payments import Attempt, Quote
from capitalino.venues.circuits import OPEN as LEFT_ALONE
from capitalino.venues.port import (
    Again,
    Never,
    Order,
    OrderState,
    Pair,
    PlaceOrder,
    Side,
    Unknown,
    Venue,
    VenueTrouble,
)

log = structlog.get_logger()
LOOKS_S = (0.05, 0.15, 0.4)
"""Looked up at once a few times: most answers that were lost are found in half a second."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The order was executed: so many units of the base against so many of the quote asset."""

    base_units: int
    quote_units: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue says no, or was not reached at all: nothing was executed, nothing will be."""

    why: str
    wait_s: float = 0.0
    """How long it asks to be left alone."""


@dataclass(frozen=True, slots=True)
class NotSeen:
    """The venue has not seen the order, and by now would refuse it: it can never be executed."""

    why: str = "not seen"
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may have been executed: look again."""

    why: str
    wait_s: float = 0.0
    is_asked: bool = True
    """Whether the venue was asked at all; it may be left alone just now."""


class Orders:
    """Sends each order once, and then only looks it up."""

    def __init__(self, venues: Mapping[str, Venue], clock: Clock, lost_after_s: int) -> None:
        self._venues, self._clock = venues, clock
        self._lost_after = timedelta(seconds=lost_after_s)

    async def place(
        self, quote: Quote, attempt: Attempt, amount: Decimal
    ) -> Filled | Refused | NotSeen | Unsure:
        """Send it. Never called twice with one attempt."""
        pair, client_order_id = Pair(*quote.instrument), attempt.client_order_id
        wanted = PlaceOrder(client_order_id, pair, Side(quote.side), amount, attempt.sent_at)
        try:
            order = await self._venues[attempt.venue].place(wanted)
        except Again as error:
            return Refused(error.code, wait_s=error.retry_after_s or 0)
        except Never as error:
            return Refused(error.code)
        except Unknown as error:
            log.warning(
                "order.unknown", client_order_id=client_order_id, venue=attempt.venue, refusal=error.code
            )
            return await self._look_a_few_times(pair, attempt)
        return self._what(order)

    async def look_up(self, quote: Quote, attempt: Attempt) -> Filled | Refused | NotSeen | Unsure:
        """What became of an order that was sent, or was about to be: only its own venue can say."""
        if attempt.venue not in self._venues:
            return Unsure("the venue is not used any more")
        try:
            order = await self._look_up(Pair(*quote.instrument), attempt)
        except VenueTrouble as error:
            return _unsure(error)
        if order is not None:
            return self._what(order)
        # Orders are signed with `sent_at`, and the venue refuses what reaches it later than its window: what
        # it has not seen by now never arrives.
        is_lost = self._clock.now() - attempt.sent_at > self._lost_after
        return NotSeen() if is_lost else Unsure("not seen yet")

    async def _look_a_few_times(self, pair: Pair, attempt: Attempt) -> Filled | Refused | NotSeen | Unsure:
        for pause in LOOKS_S:
            await asyncio.sleep(pause)
            try:
                order = await self._look_up(pair, attempt)
            except VenueTrouble as error:  # asked more than once already: it is left alone for now
                return _unsure(error)
            if order is not None:
                return self._what(order)
        return Unsure("not found at once")

    async def _look_up(self, pair: Pair, attempt: Attempt) -> Order | None:
        venue = self._venues[attempt.venue]
        return await venue.look_up(pair, attempt.client_order_id, sent_at=attempt.sent_at)

    @staticmethod
    def _what(order: Order) -> Filled | Refused | NotSeen | Unsure:
        if order.state is OrderState.OPEN:
            return Unsure("still open")
        if not order.filled:
            return Refused(f"order {order.state}")
        return filled(order)


def _unsure(error: VenueTrouble) -> Unsure:
    return Unsure(error.code, wait_s=error.retry_after_s or 0, is_asked=error.code != LEFT_ALONE)


def filled(order: Order) -> Filled:
    """What really went and came: a fee is kept back from what comes, or taken on top of what goes.

    Units that are finer than ours are dropped from what comes, and count whole in what goes.
    """
    base, quoted = ASSETS[order.pair.base], ASSETS[order.pair.quote]
    came, went = (-1, ROUND_DOWN), (1, ROUND_UP)
    of_base, of_quote = (came, went) if order.side is Side.BUY else (went, came)
    return Filled(
        units(order.filled + of_base[0] * order.fee(base.code), base.scale, of_base[1]),
        units(order.cost + of_quote[0] * order.fee(quoted.code), quoted.scale, of_quote[1]),
    )


def units(amount: Decimal, scale: int, rounding: str = ROUND_DOWN) -> int:
    """Whole units of what a venue reports; its last decimals may be finer than ours."""
    return int(WIDE.scaleb(amount, scale).to_integral_value(rounding))
