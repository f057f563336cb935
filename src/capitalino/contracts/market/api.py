"""What the market can be asked."""

from typing import Protocol

from pydantic import AwareDatetime

from capitalino.kit.message import Answer, Command, Rate


class FindPrice(Command):
    """The price now of one `base` in `quote`."""

    base: str
    quote: str


class PriceOpinion(Answer):
    """What one source says of an instrument, and what became of it: `accepted`, or why it does not count.

    That is `silent`, `stale` or `apart`: too far from the middle of those that are fresh. Bid and ask are
    those of `instrument`, whichever way round the price was asked for; all are null when it said nothing.
    """

    instrument: str
    source: str
    verdict: str
    bid: Rate | None = None
    ask: Rate | None = None
    at: AwareDatetime | None = None
    age_ms: int | None = None


class Price(Answer):
    """A price with its age and where it comes from. It is never served when it is stale, or without a quorum.

    Bid, ask and mid are medians of the sources that agree. `best_bid` and `best_ask` are the best of any of
    them: of two sources, so that they may cross. `opinions` is the whole evaluation, to be stored with
    whatever is done at this price.
    """

    base: str
    quote: str
    bid: Rate
    ask: Rate
    mid: Rate
    at: AwareDatetime
    age_ms: int
    sources: tuple[str, ...]
    best_bid: Rate | None = None
    best_ask: Rate | None = None
    opinions: tuple[PriceOpinion, ...] = ()


class MarketPrices(Protocol):
    """Live prices."""

    async def find_price(self, query: FindPrice) -> Price:
        """Refuses: market.instrument_unknown, market.price_unavailable, market.price_without_quorum.

        The last two, for no fresh source and for too few that agree, carry the evaluation in
        `details.opinions`.
        """
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
