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


class FindFiatRate(Command):
    """The reference rate now of one fiat `base` in another, `quote`."""

    base: str
    quote: str


class RateOpinion(Answer):
    """What one source says of a pair, and what became of it: `accepted`, or why it does not count.

    Sources of one `group` repeat each other and count as one. `at` and `age_s` are null when it said nothing.
    """

    source: str
    group: str
    verdict: str
    rate: Rate | None = None
    at: AwareDatetime | None = None
    age_s: int | None = None


class FiatRate(Answer):
    """A reference rate; `at` and `age_s` are those of the oldest source in it. Never served when stale.

    `opinions` is the whole evaluation, to be stored with whatever is done at this rate.
    """

    base: str
    quote: str
    rate: Rate
    at: AwareDatetime
    age_s: int
    sources: tuple[str, ...]
    opinions: tuple[RateOpinion, ...]


class MarketRates(Protocol):
    """Reference rates between fiat currencies."""

    async def find_fiat_rate(self, query: FindFiatRate) -> FiatRate:
        """Refuses: market.rate_unknown, market.rate_without_quorum, market.rate_disputed, market.rate_held.

        The last three carry the evaluation in `details.opinions`.
        """
        ...
