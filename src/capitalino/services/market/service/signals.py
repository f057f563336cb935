"""What replicas of the market tell each other, and everybody: signals, which may be lost and are replaced."""

from decimal import Decimal

from pydantic import AwareDatetime

from capitalino.kit.message import Answer, Rate
from capitalino.services.market.domain.feeds import FeedHealth
from capitalino.services.market.domain.prices import Observation, Price, bare

TICKS = "market.tick"
"""What one venue says: told among the market's own replicas, which judge it."""
PRICES = "market.price"
"""What was judged to be the price: told to everybody. Without a quorum nothing is told."""
FEEDS = "market.feed"
"""How a feed does, told once a second by the replica that reads it."""


class TickSignal(Answer):
    """One venue's observation of an instrument."""

    instrument: str
    bid: Rate
    ask: Rate
    change_24h: str | None
    at: AwareDatetime
    source: str

    @classmethod
    def of(cls, told: Observation) -> "TickSignal":
        """As it goes over the bus."""
        return cls(
            instrument=told.instrument,
            bid=bare(told.bid),
            ask=bare(told.ask),
            change_24h=_text(told.change_24h),
            at=told.at,
            source=told.source,
        )

    def observation(self) -> Observation:
        """As it is kept."""
        change = None if self.change_24h is None else Decimal(self.change_24h)
        return Observation(self.instrument, self.source, self.bid, self.ask, self.at, change)


class PriceSignal(Answer):
    """The price of an instrument, told four times a second at most."""

    instrument: str
    bid: Rate
    ask: Rate
    mid: Rate
    change_24h: str | None
    at: AwareDatetime
    sources: tuple[str, ...]

    @classmethod
    def of(cls, instrument: str, price: Price) -> "PriceSignal":
        """As it goes over the bus."""
        return cls(
            instrument=instrument,
            bid=bare(price.bid),
            ask=bare(price.ask),
            mid=bare(price.mid),
            change_24h=_text(price.change_24h),
            at=price.at,
            sources=price.sources,
        )


class FeedSignal(Answer):
    """How a feed does."""

    venue: str
    connected_at: AwareDatetime | None
    last_tick_at: AwareDatetime | None
    lag_ms: int | None
    ticks: int
    ticks_per_s: float
    reconnects: int
    quiet: int
    failed_at: AwareDatetime | None
    error: str | None
    message: str | None

    @classmethod
    def of(cls, health: FeedHealth) -> "FeedSignal":
        """As it goes over the bus."""
        return cls.model_validate(health, from_attributes=True)

    def health(self) -> FeedHealth:
        """As it is kept."""
        return FeedHealth(**self.model_dump())


def subject(prefix: str, instrument: str) -> str:
    """Where an instrument is told of."""
    return f"{prefix}.{instrument.replace('/', '.')}"


def _text(change: Decimal | None) -> str | None:
    return None if change is None else str(change)
