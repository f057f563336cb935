"""Live prices, judged in the memory of this replica. Old or doubtful ones are refused, never served."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from capitalino.contracts.market.api import FindPrice, PriceOpinion
from capitalino.contracts.market.api import Price as PriceAnswer
from capitalino.kit.bus import Bus
from capitalino.kit.clock import Clock
from capitalino.kit.errors import AppError
from capitalino.services.market.domain.opinions import Opinion
from capitalino.services.market.domain.prices import Observation, Price, Step, bare
from capitalino.services.market.domain.quorum import LivePrices, Rules, Weighed
from capitalino.services.market.errors import InstrumentUnknown, PriceUnavailable, PriceWithoutQuorum
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.signals import TICKS, TickSignal
from capitalino.services.market.settings import MarketSettings

log = structlog.get_logger()


class Prices:
    """Answers what things cost now. Keeps `contracts.market.api.MarketPrices`."""

    def __init__(self, catalogue: Catalogue, rules: Rules, clock: Clock) -> None:
        self._catalogue = catalogue
        self._live = LivePrices(rules)
        self._clock = clock

    async def find_price(self, query: FindPrice) -> PriceAnswer:
        """The price now, or a refusal with the evaluation that led to it."""
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
            best_bid=price.best_bid,
            best_ask=price.best_ask,
            opinions=tuple(opinion(told) for told in price.opinions),
        )

    def price(self, base: str, quote: str) -> Price:
        """As `find_price`, with the change of the last day."""
        legs = self.weighed(base, quote)
        price = combined(legs)
        if price is None:
            raise _refusal(base, quote, [weighed for _, weighed in legs])
        return price

    def prices(self, quote: str) -> dict[str, Price]:
        """What every asset costs in `quote`, by asset; those that are refused are left out."""
        found = {base: combined(self.weighed(base, quote)) for base in self._priced_in(quote)}
        return {base: price for base, price in found.items() if price is not None}

    def weighed(self, base: str, quote: str) -> list[tuple[Step, Weighed]]:
        """All that speaks for a price and against it: of each instrument on the way."""
        return [(step, self.weigh(step.instrument)) for step in self._catalogue.way(base, quote)]

    def weigh(self, instrument: str) -> Weighed:
        """The same of one instrument, which may be unknown."""
        listed = self._catalogue.venues(instrument)
        return self._live.weigh(instrument, listed, self._clock.now(), self._clock.monotonic())

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
        """Hear what the replicas tell that read the venues."""
        subscription = await bus.listen(f"{TICKS}.>", self.hear_signal)
        yield
        await subscription.unsubscribe()

    async def hear_signal(self, subject: str, payload: dict[str, Any]) -> None:
        """Keep what another replica has told. What makes no sense is left alone: the next is near."""
        try:
            self.hear(TickSignal.model_validate(payload).observation())
        except (ValidationError, ValueError, ArithmeticError):
            log.warning("tick.not_understood", subject=subject)


def rules(settings: MarketSettings) -> Rules:
    """How strict the settings want it."""
    return Rules(timedelta(seconds=settings.price_age_max_s), settings.price_quorum, settings.price_apart_max)


def combined(legs: Sequence[tuple[Step, Weighed]]) -> Price | None:
    """One price of a way; None where one of its instruments has none."""
    found: Price | None = None
    for step, weighed in legs:
        if weighed.price is None:
            return None
        price = weighed.price.inverted() if step.is_inverted else weighed.price
        found = found.times(price) if found else price
    return found


def opinion(told: Opinion) -> PriceOpinion:
    """As it is answered and stored."""
    return PriceOpinion(
        instrument=told.instrument,
        source=told.source,
        verdict=told.verdict.value,
        bid=None if told.bid is None else bare(told.bid),
        ask=None if told.ask is None else bare(told.ask),
        at=told.at,
        age_ms=None if told.age is None else told.age // timedelta(milliseconds=1),
    )


def _refusal(base: str, quote: str, legs: Sequence[Weighed]) -> AppError:
    lacking = next(weighed for weighed in legs if weighed.price is None)
    code, refused = lacking.instrument, PriceWithoutQuorum
    message = f"Too few venues agree on {code}: {lacking.needed} have to, and more than half of the fresh."
    if lacking.is_silent:
        refused, message = PriceUnavailable, f"There is no fresh price of {code}."  # type: ignore[assignment]
    told = [opinion(one).model_dump(mode="json") for weighed in legs for one in weighed.opinions]
    return refused(message, base=base, quote=quote, instrument=code, needed=lacking.needed, opinions=told)
