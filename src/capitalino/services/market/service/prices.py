"""Live prices, served from the memory of this replica. Old ones are refused, never served."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import structlog
from pydantic import AwareDatetime, ValidationError

from capitalino.contracts.market.api import FindPrice
from capitalino.contracts.market.api import Price as PriceAnswer
from capitalino.kit.bus import Bus
from capitalino.kit.clock import Clock
from capitalino.kit.message import Answer, Rate
from capitalino.services.market.domain.prices import LivePrices, Observation, Price, bare
from capitalino.services.market.errors import InstrumentUnknown, PriceUnavailable
from capitalino.services.market.service.catalogue import Catalogue

log = structlog.get_logger()
SUBJECT = "market.price"


class PriceSignal(Answer):
    """What is told four times a second; the next one replaces it."""

    instrument: str
    bid: Rate
    ask: Rate
    mid: Rate
    change_24h: str | None
    at: AwareDatetime
    source: str

    @classmethod
    def of(cls, told: Observation) -> "PriceSignal":
        """As it goes over the bus."""
        return cls(
            instrument=told.instrument,
            bid=bare(told.bid),
            ask=bare(told.ask),
            mid=bare(told.mid),
            change_24h=None if told.change_24h is None else str(told.change_24h),
            at=told.at,
            source=told.source,
        )

    def observation(self) -> Observation:
        """As it is kept."""
        change = None if self.change_24h is None else Decimal(self.change_24h)
        return Observation(self.instrument, self.source, self.bid, self.ask, self.at, change)


class Prices:
    """Answers what things cost now. Keeps `contracts.market.api.MarketPrices`."""

    def __init__(self, catalogue: Catalogue, age_max_s: float, clock: Clock) -> None:
        self._catalogue = catalogue
        self._live = LivePrices(age_max_s)
        self._clock = clock

    async def find_price(self, query: FindPrice) -> PriceAnswer:
        """The price now, or InstrumentUnknown, or PriceUnavailable when nothing fresh is known."""
        price = self.price(query.base, query.quote)
        return PriceAnswer(
            base=query.base,
            quote=query.quote,
            bid=price.bid,
            ask=price.ask,
            mid=price.mid,
            at=price.at,
            age_ms=price.age_ms,
            sources=price.sources,
        )

    def price(self, base: str, quote: str) -> Price:
        """As `find_price`, with the change of the last day."""
        found: Price | None = None
        for step in self._catalogue.way(base, quote):
            price = self._live.find(step.instrument, self._clock.now(), self._clock.monotonic())
            if price is None:
                raise PriceUnavailable(
                    f"There is no fresh price of {step.instrument}.",
                    base=base,
                    quote=quote,
                    instrument=step.instrument,
                )
            price = price.inverted() if step.is_inverted else price
            found = found.times(price) if found else price
        assert found is not None, "a way has a first step"
        return found

    def prices(self, quote: str) -> dict[str, Price]:
        """What every asset costs in `quote`, by asset; those without a fresh price are left out."""
        found = {}
        for base in self._priced_in(quote):
            try:
                found[base] = self.price(base, quote)
            except PriceUnavailable:
                continue
        return found

    def _priced_in(self, quote: str) -> list[str]:
        bases, refused = [], None
        for base in sorted(self._catalogue.assets):
            try:
                self._catalogue.way(base, quote)
                bases.append(base)
            except InstrumentUnknown as refusal:
                refused = refusal
        if not bases and refused:
            raise InstrumentUnknown(f"Nothing is priced in {quote}.", quote=quote) from refused
        return bases

    def hear(self, told: Observation) -> None:
        """Keep an observation."""
        self._live.hear(told, self._clock.monotonic())

    @asynccontextmanager
    async def listening(self, bus: Bus) -> AsyncGenerator[None]:
        """Hear what the replica tells that reads a venue."""
        subscription = await bus.listen(f"{SUBJECT}.>", self.hear_signal)
        yield
        await subscription.unsubscribe()

    async def hear_signal(self, subject: str, payload: dict[str, Any]) -> None:
        """Keep what another replica has told. What makes no sense is left alone: the next is near."""
        try:
            self.hear(PriceSignal.model_validate(payload).observation())
        except (ValidationError, ValueError, ArithmeticError):
            log.warning("price.not_understood", subject=subject)
