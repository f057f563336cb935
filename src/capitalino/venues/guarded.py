"""A venue behind its circuits: reads are asked again where that may help, what changes something never is."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from capitalino.kit.clock import SYSTEM, Clock
from capitalino.kit.retry import Judgement, Patience, Verdict, asked
from capitalino.venues.circuits import Circuits, Group
from capitalino.venues.port import (
    Again,
    Balance,
    Book,
    Candle,
    Deposit,
    DepositAddress,
    Instrument,
    Interval,
    Order,
    Pair,
    PlaceOrder,
    Tick,
    Venue,
)

T = TypeVar("T")
PATIENCE = Patience(attempts=3, within_s=2.0, first_s=0.1, longest_s=0.5)
"""Of one read. Whoever asks has a conversion waiting."""


class Guarded:
    """Keeps `port.Venue` round another one."""

    def __init__(self, venue: Venue, clock: Clock = SYSTEM) -> None:
        self.name, self.circuits = venue.name, Circuits(venue.name, clock)
        self._venue, self._clock, self._once = venue, clock, self.circuits.call

    async def __aenter__(self) -> Self:
        await self._venue.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._venue.__aexit__(kind, error, trace)

    async def instruments(self, pairs: Sequence[Pair]) -> tuple[Instrument, ...]:
        """The rules of these pairs, kept for an hour."""
        return await self._read(Group.PRICES, lambda: self._venue.instruments(pairs))

    async def rates(self, pairs: Sequence[Pair]) -> tuple[Tick, ...]:
        """One observation of each pair, now."""
        return await self._read(Group.PRICES, lambda: self._venue.rates(pairs))

    async def book(self, pair: Pair, depth: int = 20) -> Book:
        """The best `depth` levels of both sides."""
        return await self._read(Group.PRICES, lambda: self._venue.book(pair, depth))

    async def candles(
        self, pair: Pair, interval: Interval, *, since: datetime | None = None, limit: int = 500
    ) -> tuple[Candle, ...]:
        """At most 1,000 candles, oldest first: from `since` on, or the newest."""
        return await self._read(
            Group.PRICES, lambda: self._venue.candles(pair, interval, since=since, limit=limit)
        )

    def watch(self, pairs: Sequence[Pair], *, silence_s: int = 10) -> AsyncGenerator[Tick]:
        """Observations as they come. Not guarded: whoever watches decides when to connect again."""
        return self._venue.watch(pairs, silence_s=silence_s)

    async def place(self, order: PlaceOrder) -> Order:
        """Send an order, once. Again, Never: it was not placed. Unknown: look up, never place it again."""
        return await self._once(Group.TRADING, lambda: self._venue.place(order))

    async def look_up(
        self, pair: Pair, client_order_id: str, *, sent_at: datetime | None = None
    ) -> Order | None:
        """The order with our id, or nothing when the venue does not know it (yet)."""
        return await self._read(
            Group.TRADING, lambda: self._venue.look_up(pair, client_order_id, sent_at=sent_at)
        )

    async def cancel(self, pair: Pair, client_order_id: str) -> Order | None:
        """Cancel what is open of an order. Nothing: no such order is open; look up what became of it."""
        return await self._once(Group.TRADING, lambda: self._venue.cancel(pair, client_order_id))

    async def balances(self) -> tuple[Balance, ...]:
        """What we have there."""
        return await self._read(Group.TRADING, self._venue.balances)

    async def deposit_address(self, asset: str, network: str | None = None) -> DepositAddress:
        """Our address for an asset. Asked once: a venue may make a new one each time."""
        return await self._once(Group.RECEIVING, lambda: self._venue.deposit_address(asset, network))

    async def deposits(self, since: datetime) -> tuple[Deposit, ...]:
        """What arrived since, oldest first. A deposit is listed again when its state has changed."""
        return await self._read(Group.RECEIVING, lambda: self._venue.deposits(since))

    async def _read(self, group: Group, work: Callable[[], Awaitable[T]]) -> T:
        """Ask, again if need be; all tries together are one call to the circuit."""
        return await self._once(group, lambda: asked(work, _judge, PATIENCE, clock=self._clock))


def _judge(error: Exception) -> Judgement:
    if not isinstance(error, Again):
        return Judgement(Verdict.NEVER)
    return Judgement(Verdict.RETRY, error.retry_after_s)
