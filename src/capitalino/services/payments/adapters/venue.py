"""Orders and arrivals at a venue, in the words of payments: it happened, it never will, it is not known."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

import structlog

from capitalino.kit.clock import Clock
from capitalino.money import ASSETS, WIDE, Money
from capitalino.services.payments.domain.payments import Attempt, Quote
from capitalino.services.payments.errors.payments import DepositUnsupported, VenueAway
from capitalino.venues.port import (
    Again,
    Deposit,
    DepositState,
    Instrument,
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
OVERLAP = timedelta(days=1)
"""Deposits are listed again for this long: a venue may put one in behind those that it has shown."""
FARTHEST = timedelta(days=80)
"""Venues list no more than about ninety days at once."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The order was executed: so many units of the base against so many of the quote asset."""

    base_units: int
    quote_units: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue says no, or was not reached at all: nothing was executed, nothing will be."""

    why: str
    wait_s: float = 0.2
    """How long to stay away before anything else is ordered."""


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


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came in at the venue, confirmed."""

    reference: str
    asset: str
    network: str
    units: int
    tag: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """What was confirmed, and from when on the list has to be read again once this is stored."""

    arrived: tuple[Arrived, ...]
    watermark: datetime


class Orders:
    """Sends each order once, and then only looks it up."""

    def __init__(self, venue: Venue, clock: Clock, lost_after_s: int) -> None:
        self._venue, self._clock = venue, clock
        self._lost_after = timedelta(seconds=lost_after_s)

    @property
    def venue(self) -> str:
        """The venue's name."""
        return self._venue.name

    async def size(self, quote: Quote) -> Decimal | Refused:
        """How much of the base to order: whole steps of the venue; 0 when that is less than it takes.

        What is left over is the house's own: it stands in the house's account and evens out. Refused when the
        venue will never trade it.
        """
        try:
            rules = (await self._venue.instruments([Pair(*quote.instrument)]))[0]
        except Never as error:
            return Refused(error.code)
        except VenueTrouble as error:
            raise _away(self.venue, error) from error
        return _size(quote, rules)

    async def place(
        self, quote: Quote, attempt: Attempt, amount: Decimal
    ) -> Filled | Refused | NotSeen | Unsure:
        """Send it. Never called twice with one attempt."""
        pair, client_order_id = Pair(*quote.instrument), attempt.client_order_id
        wanted = PlaceOrder(client_order_id, pair, Side(quote.side), amount, attempt.sent_at)
        try:
            order = await self._venue.place(wanted)
        except Again as error:
            return Refused(error.code, wait_s=error.retry_after_s or 0.2)
        except Never as error:
            return Refused(error.code)
        except Unknown as error:
            log.warning("order.unknown", client_order_id=client_order_id, refusal=error.code)
            return await self._look_a_few_times(pair, client_order_id)
        return self._what(order)

    async def look_up(self, quote: Quote, attempt: Attempt) -> Filled | Refused | NotSeen | Unsure:
        """What became of an order that was sent, or was about to be."""
        try:
            order = await self._venue.look_up(Pair(*quote.instrument), attempt.client_order_id)
        except VenueTrouble as error:
            return Unsure(error.code, wait_s=error.retry_after_s or 0)
        if order is not None:
            return self._what(order)
        # Orders are signed with `sent_at`, and the venue refuses what reaches it later than its window: what
        # it has not seen by now never arrives.
        is_lost = self._clock.now() - attempt.sent_at > self._lost_after
        return NotSeen() if is_lost else Unsure("not seen yet")

    async def _look_a_few_times(
        self, pair: Pair, client_order_id: str
    ) -> Filled | Refused | NotSeen | Unsure:
        for pause in LOOKS_S:
            await asyncio.sleep(pause)
            try:
                order = await self._venue.look_up(pair, client_order_id)
            except VenueTrouble:
                continue
            if order is not None:
                return self._what(order)
        return Unsure("not found at once")

    @staticmethod
    def _what(order: Order) -> Filled | Refused | NotSeen | Unsure:
        if order.state is OrderState.OPEN:
            return Unsure("still open")
        if not order.filled:
            return Refused(f"order {order.state}")
        return filled(order)


class Arrivals:
    """What comes in at a venue."""

    def __init__(self, venue: Venue, clock: Clock) -> None:
        self._venue, self._clock = venue, clock

    @property
    def venue(self) -> str:
        """The venue's name."""
        return self._venue.name

    async def address(self, asset: str) -> tuple[str, str]:
        """Our network and address there for an asset."""
        try:
            found = await self._venue.deposit_address(asset)
        except Never as error:
            raise DepositUnsupported("This asset cannot be deposited here.", asset=asset) from error
        except VenueTrouble as error:
            raise _away(self.venue, error) from error
        return found.network, found.address

    async def since(self, begin: datetime | None) -> Listed:
        """What was confirmed of all that the venue has listed from `begin` on.

        The next list begins with the oldest that is not final there, and with what may still be put in.
        """
        now = self._clock.now()
        begin = max(begin or now - OVERLAP, now - FARTHEST)
        try:
            found = await self._venue.deposits(begin)
        except VenueTrouble as error:
            raise _away(self.venue, error) from error
        again = [one.at for one in found if one.state is DepositState.PENDING]
        again += [max(one.at for one in found) - OVERLAP] if found else []
        arrived = tuple(_arrived(one) for one in found if _is_ours(one))
        return Listed(arrived, max(begin, min(again, default=begin)))


def filled(order: Order) -> Filled:
    """What really went and came: a fee is kept back from what comes, or taken on top of what goes.

    Units that are finer than ours are dropped from what comes, and count whole in what goes.
    """
    base, quoted = ASSETS[order.pair.base], ASSETS[order.pair.quote]
    came, went = (-1, ROUND_DOWN), (1, ROUND_UP)
    of_base, of_quote = (came, went) if order.side is Side.BUY else (went, came)
    return Filled(
        _units(order.filled + of_base[0] * order.fee(base.code), base.scale, of_base[1]),
        _units(order.cost + of_quote[0] * order.fee(quoted.code), quoted.scale, of_quote[1]),
    )


def _away(venue: str, error: VenueTrouble) -> VenueAway:
    asked = {"retry_after_s": error.retry_after_s} if error.retry_after_s else {}
    return VenueAway("The exchange is not available.", venue=venue, **asked)


def _is_ours(one: Deposit) -> bool:
    return one.state is DepositState.CREDITED and one.asset in ASSETS


def _arrived(one: Deposit) -> Arrived:
    units = _units(one.amount, ASSETS[one.asset].scale)
    return Arrived(one.deposit_id, one.asset, one.network, units, one.tag, one.at)


def _size(quote: Quote, rules: Instrument) -> Decimal:
    base: Money = quote.base_units()
    amount = WIDE.scaleb(Decimal(base.units), -base.asset.scale)
    steps = WIDE.divide(amount, rules.amount_step).to_integral_value(ROUND_DOWN)
    whole = min(WIDE.multiply(steps, rules.amount_step), rules.amount_max)
    worth = WIDE.multiply(whole, quote.price())
    return whole if whole >= rules.amount_min and worth >= rules.cost_min else Decimal(0)


def _units(amount: Decimal, scale: int, rounding: str = ROUND_DOWN) -> int:
    """Whole units of what a venue reports; its last decimals may be finer than ours."""
    return int(WIDE.scaleb(amount, scale).to_integral_value(rounding))
