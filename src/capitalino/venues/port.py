"""The port behind which every exchange stands: what is asked, what is answered, and how it goes wrong."""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import TracebackType
from typing import Literal, Protocol, Self

Interval = Literal["1m", "5m", "15m", "1h", "1d"]


class VenueTrouble(Exception):
    """An exchange did not do what it was asked. Never holds a URL, a key or a signature.

    `code` is the venue's own, or a word of ours; `message` is for a log.
    """

    def __init__(self, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


class Again(VenueTrouble):
    """It certainly did not happen, and may work later: ask again, not before `retry_after_s`."""


class Never(VenueTrouble):
    """It certainly did not happen, and asking the same again will not help."""


class Unknown(VenueTrouble):
    """It may have happened. Keep what was set aside and look up; never send it again."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What is traded for what."""

    base: str
    quote: str

    def __str__(self) -> str:
        return f"{self.base}/{self.quote}"


class Side(StrEnum):
    """Of an order, as seen from the base asset."""

    BUY = "buy"
    SELL = "sell"


class OrderState(StrEnum):
    """Where an order stands at the venue."""

    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    """Cancelled or expired; a part of it may have been filled before."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Instrument:
    """The rules of a pair: amounts in whole `amount_step`s within the limits, an order worth `cost_min`."""

    pair: Pair
    amount_step: Decimal
    amount_min: Decimal
    amount_max: Decimal
    price_step: Decimal
    cost_min: Decimal

    def fits(self, amount: Decimal) -> bool:
        """Whether the venue takes exactly this amount."""
        return self.amount_min <= amount <= self.amount_max and not amount % self.amount_step


@dataclass(frozen=True, slots=True)
class Tick:
    """One observation of a pair: best prices, the last one, and the one of 24 hours before."""

    pair: Pair
    bid: Decimal
    ask: Decimal
    last: Decimal
    open_24h: Decimal
    at: datetime
    """By the venue's clock."""
    received_at: datetime
    """By ours; staleness is judged by this one."""


@dataclass(frozen=True, slots=True)
class Level:
    """So much is offered at this price."""

    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """Bids and asks, best first."""

    pair: Pair
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Candle:
    """What a pair did from `at` on for the length of an interval; the newest one may still be running."""

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """A market order for exactly `amount` of the base asset.

    `client_order_id` is 32 hex characters, made and kept before the order is sent, like `sent_at`: what
    reaches the venue longer than its window after that is refused there, however long we paused in between.
    """

    client_order_id: str
    pair: Pair
    side: Side
    amount: Decimal
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Fill:
    """A part of an order that was executed; the fee was taken from what was received, or from `fee_asset`."""

    price: Decimal
    amount: Decimal
    fee: Decimal
    fee_asset: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the venue knows it. `cost` is in the quote asset, before fees."""

    client_order_id: str
    venue_order_id: str
    pair: Pair
    side: Side
    state: OrderState
    amount: Decimal
    filled: Decimal
    cost: Decimal
    fills: tuple[Fill, ...]
    at: datetime

    @property
    def average(self) -> Decimal | None:
        """The average price, or nothing before the first fill."""
        return self.cost / self.filled if self.filled else None

    def fee(self, asset: str) -> Decimal:
        """All fees in one asset."""
        return sum((fill.fee for fill in self.fills if fill.fee_asset == asset), Decimal(0))


@dataclass(frozen=True, slots=True)
class Balance:
    """What we have of an asset at the venue."""

    asset: str
    free: Decimal
    locked: Decimal


@dataclass(frozen=True, slots=True)
class DepositAddress:
    """Where an asset can be sent to us."""

    asset: str
    network: str
    address: str
    tag: str


class DepositState(StrEnum):
    """Where a deposit stands at the venue."""

    PENDING = "pending"
    CREDITED = "credited"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Deposit:
    """What arrived at one of our addresses."""

    deposit_id: str
    asset: str
    network: str
    amount: Decimal
    address: str
    tag: str
    chain_id: str
    """The id of its transaction on the chain."""
    state: DepositState
    at: datetime


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Money that leaves a venue: exactly `amount` arrives at the address, the venue's fee is on top of it.

    `client_id` is 32 hex characters, made and kept before it is sent, like `sent_at`; it is sent once.
    """

    client_id: str
    asset: str
    network: str
    """As the venue calls it, or as `deposit_address` of it does; empty: the usual one."""
    amount: Decimal
    address: str
    tag: str
    sent_at: datetime


class WithdrawalState(StrEnum):
    """Where a withdrawal stands at the venue."""

    PENDING = "pending"
    SENT = "sent"
    """The chain has it, under `chain_id`."""
    REFUSED = "refused"
    """Refused, cancelled or failed: the money is ours again."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Money that leaves a venue, as the venue knows it. `amount` is what arrives."""

    client_id: str
    """Our own id; empty where the venue keeps none, or it was not asked for by us."""
    venue_withdrawal_id: str
    asset: str
    network: str
    amount: Decimal
    fee: Decimal
    address: str
    tag: str
    chain_id: str
    state: WithdrawalState
    at: datetime


class Prices(Protocol):
    """What a venue tells everybody."""

    @property
    def name(self) -> str:
        """The venue's name, such as `binance`."""
        ...

    async def instruments(self, pairs: Sequence[Pair]) -> tuple[Instrument, ...]:
        """The rules of these pairs, kept for an hour."""
        ...

    async def rates(self, pairs: Sequence[Pair]) -> tuple[Tick, ...]:
        """One observation of each pair, now."""
        ...

    async def book(self, pair: Pair, depth: int = 20) -> Book:
        """The best `depth` levels of both sides."""
        ...

    async def candles(
        self, pair: Pair, interval: Interval, *, since: datetime | None = None, limit: int = 500
    ) -> tuple[Candle, ...]:
        """At most 1,000 candles, oldest first: from `since` on, or the newest."""
        ...

    def watch(self, pairs: Sequence[Pair], *, silence_s: int = 10) -> AsyncGenerator[Tick]:
        """Observations as they come, until closed. Raises Again when dropped, or silent: watch anew."""
        ...


class Trading(Protocol):
    """What a venue does for us."""

    async def place(self, order: PlaceOrder) -> Order:
        """Send an order, once. Again, Never: it was not placed. Unknown: look up, never place it again."""
        ...

    async def look_up(
        self, pair: Pair, client_order_id: str, *, sent_at: datetime | None = None
    ) -> Order | None:
        """The order with our id, or nothing when the venue does not know it (yet).

        When it was sent spares some venues to look through everything that is older.
        """
        ...

    async def cancel(self, pair: Pair, client_order_id: str) -> Order | None:
        """Cancel what is open of an order. Nothing: no such order is open; look up what became of it."""
        ...

    async def balances(self) -> tuple[Balance, ...]:
        """What we have there."""
        ...


class Receiving(Protocol):
    """How money comes to us through a venue."""

    async def deposit_address(self, asset: str, network: str | None = None) -> DepositAddress:
        """Our address for an asset."""
        ...

    async def deposits(self, since: datetime) -> tuple[Deposit, ...]:
        """What arrived since, oldest first. A deposit is listed again when its state has changed."""
        ...


class Withdrawing(Protocol):
    """How money leaves us through a venue."""

    async def withdraw(self, asked: Withdraw) -> Withdrawal:
        """Send money, once. Again, Never: it does not go. Unknown: look up, never send it again."""
        ...

    async def look_up_withdrawal(self, asked: Withdraw, *, others: Collection[str] = ()) -> Withdrawal | None:
        """What became of it, or nothing when the venue does not know it (yet).

        A venue without ids of ours knows it by where, how much and when. `others` are then the venue's ids of
        all our other withdrawals; with two left that could be it, it is Again, and for a person to judge.
        """
        ...

    async def withdrawals(self, since: datetime) -> tuple[Withdrawal, ...]:
        """What was sent since, oldest first. A withdrawal is listed again when its state has changed."""
        ...


class Venue(Prices, Trading, Receiving, Protocol):
    """One exchange. It connects when it is first asked; `async with` closes it."""

    async def __aenter__(self) -> Self:
        """Nothing is opened yet."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        ...


class WholeVenue(Venue, Withdrawing, Protocol):
    """One exchange with all that it does, as it is opened."""
