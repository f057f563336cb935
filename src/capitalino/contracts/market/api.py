"""What the market can be asked."""

from typing import Protocol

from pydantic import AwareDatetime

from capitalino.kit.message import Answer, Command, Rate


class FindPrice(Command):
    """The price now of one `base` in `quote`."""

    base: str
    quote: str


class Price(Answer):
    """A price with its age and where it comes from. It is never served when it is stale."""

    base: str
    quote: str
    bid: Rate
    ask: Rate
    mid: Rate
    at: AwareDatetime
    age_ms: int
    sources: tuple[str, ...]


class MarketPrices(Protocol):
    """Live prices."""

    async def find_price(self, query: FindPrice) -> Price:
        """Refuses: market.instrument_unknown; market.price_unavailable when no fresh source is left."""
        ...
