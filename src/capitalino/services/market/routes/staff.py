"""For staff: what prices and reference rates stand on, also when they are refused, and how the sources do."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field, RootModel

from capitalino.contracts.market.api import PriceOpinion, RateOpinion
from capitalino.contracts.money_wire import AssetCode
from capitalino.kit.auth import Staff
from capitalino.kit.http import Listed, Success, ok
from capitalino.kit.message import Rate
from capitalino.kit.pages import PageQuery
from capitalino.services.market.domain.evaluation import Evaluation, Refusal, Verdict
from capitalino.services.market.domain.feeds import FeedState
from capitalino.services.market.domain.opinions import PriceVerdict
from capitalino.services.market.domain.prices import Step, bare
from capitalino.services.market.domain.quorum import Weighed
from capitalino.services.market.domain.rates import Health, Source, State
from capitalino.services.market.routes.paged import paged
from capitalino.services.market.service.feed_health import Feeds, FeedTold
from capitalino.services.market.service.prices import Prices, combined
from capitalino.services.market.service.prices import opinion as price_opinion
from capitalino.services.market.service.rates import Rates, opinion


class OpinionOut(BaseModel):
    """What one source says. Sources of one group repeat each other and count as one."""

    source: str
    group: str
    verdict: Verdict = Field(description="`accepted`, or why it does not count.")
    rate: Rate | None
    at: AwareDatetime | None
    age_s: int | None

    @classmethod
    def of(cls, told: RateOpinion) -> "OpinionOut":
        """As the API shows it."""
        return cls.model_validate(told.model_dump())


class EvaluationOut(BaseModel):
    """What a rate stands on. `rate` is null when it is refused; `found` is what the sources agree on then."""

    base: str
    quote: str
    at: AwareDatetime
    rate: Rate | None
    refusal: Refusal | None
    found: Rate | None
    last_good: Rate | None = Field(description="What `found` is compared with; null: there was none yet.")
    opinions: list[OpinionOut]

    @classmethod
    def of(cls, judged: Evaluation) -> "EvaluationOut":
        """As the API shows it."""
        return cls(
            base=judged.base,
            quote=judged.quote,
            at=judged.at,
            rate=None if judged.rate is None else bare(judged.rate),
            refusal=judged.refusal,
            found=None if judged.found is None else bare(judged.found),
            last_good=None if judged.last_good is None else bare(judged.last_good.rate),
            opinions=[OpinionOut.of(opinion(told)) for told in judged.opinions],
        )


class PriceOpinionOut(BaseModel):
    """What one venue says of an instrument. All is null when it has said nothing since the replica runs."""

    instrument: str
    source: str
    verdict: PriceVerdict = Field(
        description="`accepted`, or why it does not count; `apart`: too far from the middle of the fresh."
    )
    bid: Rate | None
    ask: Rate | None
    at: AwareDatetime | None
    age_ms: int | None

    @classmethod
    def of(cls, told: PriceOpinion) -> "PriceOpinionOut":
        """As the API shows it."""
        return cls.model_validate(told.model_dump())


class PriceEvaluationOut(BaseModel):
    """What a price stands on, in the replica that answers. `mid` is null when it is refused."""

    base: str
    quote: str
    mid: Rate | None
    needed: dict[str, int] = Field(description="How many venues must agree on each instrument of the way.")
    opinions: list[PriceOpinionOut]

    @classmethod
    def of(cls, base: str, quote: str, legs: list[tuple[Step, Weighed]]) -> "PriceEvaluationOut":
        """As the API shows it."""
        price = combined(legs)
        told = [one for _, weighed in legs for one in weighed.opinions]
        return cls(
            base=base,
            quote=quote,
            mid=None if price is None else bare(price.mid),
            needed={weighed.instrument: weighed.needed for _, weighed in legs},
            opinions=[PriceOpinionOut.of(price_opinion(one)) for one in told],
        )


class RateSourceOut(BaseModel):
    """How a source of rates does. `failures` since it last succeeded; the error is the last one's."""

    kind: Literal["rates"] = "rates"
    source: str
    group: str
    is_daily: bool
    state: State = Field(description="`waiting`: never asked yet; `shut`: fails, and is left alone for now.")
    told_at: AwareDatetime | None
    succeeded_at: AwareDatetime | None
    failed_at: AwareDatetime | None
    failures: int
    error: str | None
    message: str | None

    @classmethod
    def of(cls, source: Source, health: Health) -> "RateSourceOut":
        """As the API shows it."""
        return cls(
            source=source.name,
            group=source.group,
            is_daily=source.is_daily,
            state=health.state,
            told_at=health.told_at,
            succeeded_at=health.succeeded_at,
            failed_at=health.failed_at,
            failures=health.failures,
            error=health.error,
            message=health.message,
        )


class FeedOut(BaseModel):
    """How a venue's feed of prices does. Counts are those since the replica that reads it began to."""

    kind: Literal["prices"] = "prices"
    source: str
    state: FeedState = Field(
        description="`lost`: connected anew by itself; `unread`: nobody tells of it now."
    )
    told_at: AwareDatetime | None = Field(description="When the replica that reads it last told of it.")
    connected_at: AwareDatetime | None = Field(description="The first tick of the connection that stands.")
    last_tick_at: AwareDatetime | None
    lag_ms: int | None = Field(description="How far the venue's clock was behind ours with the last tick.")
    ticks: int
    ticks_per_s: float
    reconnects: int
    quiet: int = Field(description="How often a pair stood still for so long that it was asked for.")
    failed_at: AwareDatetime | None
    error: str | None
    message: str | None

    @classmethod
    def of(cls, told: FeedTold) -> "FeedOut":
        """As the API shows it."""
        health = told.health
        return cls(
            source=health.venue,
            state=told.state,
            told_at=None if told.told_at is None else _whole(told.told_at),
            connected_at=health.connected_at,
            last_tick_at=health.last_tick_at,
            lag_ms=health.lag_ms,
            ticks=health.ticks,
            ticks_per_s=health.ticks_per_s,
            reconnects=health.reconnects,
            quiet=health.quiet,
            failed_at=health.failed_at,
            error=health.error,
            message=health.message,
        )


class MarketSourceOut(RootModel[Annotated[RateSourceOut | FeedOut, Field(discriminator="kind")]]):
    """A source of reference rates, or a venue's feed of prices."""


def routes(prices: Prices, rates: Rates, feeds: Feeds) -> APIRouter:
    """All that staff only read, below `/admin/market`."""
    router = APIRouter()

    @router.get("/fx-rates/{base}-{quote}")
    async def find_evaluation(
        _: Staff, base: Annotated[AssetCode, Path()], quote: Annotated[AssetCode, Path()]
    ) -> Success[EvaluationOut]:
        """What every source says of a rate and what became of it, also when the rate is refused."""
        return ok(EvaluationOut.of(await rates.evaluation(base, quote)))

    @router.get("/prices/{base}-{quote}")
    async def find_price_evaluation(
        _: Staff, base: Annotated[AssetCode, Path()], quote: Annotated[AssetCode, Path()]
    ) -> Success[PriceEvaluationOut]:
        """What every venue says of a price and what became of it, also when the price is refused."""
        return ok(PriceEvaluationOut.of(base, quote, prices.weighed(base, quote)))

    @router.get("/sources")
    async def list_sources(_: Staff, page: PageQuery) -> Listed[MarketSourceOut]:
        """How the sources do: those of reference rates first, then the venues' feeds of prices."""
        told: list[RateSourceOut | FeedOut] = [RateSourceOut.of(*found) for found in await rates.sources()]
        told += [FeedOut.of(one) for one in feeds.all()]
        return paged([MarketSourceOut(one) for one in told], page)

    return router


def _whole(at: AwareDatetime) -> AwareDatetime:
    """In whole milliseconds: it is put together from two clocks."""
    return at - timedelta(microseconds=at.microsecond % 1000)
