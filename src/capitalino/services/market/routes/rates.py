"""Fiat reference rates for everybody who is signed in; for staff what they stand on, and how sources do."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field

from capitalino.contracts.market.api import FiatRate, FindFiatRate, RateOpinion
from capitalino.contracts.money_wire import AssetCode
from capitalino.kit.auth import Somebody, Staff
from capitalino.kit.http import Listed, Success, ok
from capitalino.kit.message import Rate
from capitalino.kit.pages import PageQuery
from capitalino.services.market.domain.evaluation import Evaluation, Refusal, Verdict
from capitalino.services.market.domain.prices import bare
from capitalino.services.market.domain.rates import Health, Source, State
from capitalino.services.market.routes.paged import paged
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


class FiatRateOut(BaseModel):
    """A reference rate. `at` and `age_s` are those of the oldest source in it."""

    base: str
    quote: str
    rate: Rate
    at: AwareDatetime
    age_s: int
    sources: list[str]

    @classmethod
    def of(cls, told: FiatRate) -> "FiatRateOut":
        """As the API shows it."""
        return cls(
            base=told.base,
            quote=told.quote,
            rate=told.rate,
            at=told.at,
            age_s=told.age_s,
            sources=list(told.sources),
        )


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


class SourceOut(BaseModel):
    """How a source does. `failures` are those since it last succeeded, and the error is of the last one."""

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
    def of(cls, source: Source, health: Health) -> "SourceOut":
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


def routes(rates: Rates) -> APIRouter:
    """The paths of reference rates."""
    router = APIRouter()

    @router.get("/fx-rates")
    async def list_fx_rates(_: Somebody, page: PageQuery, quote: AssetCode = "EUR") -> Listed[FiatRateOut]:
        """What every fiat currency costs in one of them. What has no good rate is left out."""
        return paged([FiatRateOut.of(rate) for rate in await rates.rates(quote)], page)

    @router.get("/fx-rates/{base}-{quote}")
    async def find_fx_rate(
        _: Somebody, base: Annotated[AssetCode, Path()], quote: Annotated[AssetCode, Path()]
    ) -> Success[FiatRateOut]:
        """What one fiat currency costs in another: refused, not guessed, when the sources do not bear it."""
        return ok(FiatRateOut.of(await rates.find_fiat_rate(FindFiatRate(base=base, quote=quote))))

    @router.get("/admin/market/fx-rates/{base}-{quote}")
    async def find_evaluation(
        _: Staff, base: Annotated[AssetCode, Path()], quote: Annotated[AssetCode, Path()]
    ) -> Success[EvaluationOut]:
        """What every source says of a rate and what became of it, also when the rate is refused."""
        return ok(EvaluationOut.of(await rates.evaluation(base, quote)))

    @router.get("/admin/market/sources")
    async def list_sources(_: Staff, page: PageQuery) -> Listed[SourceOut]:
        """How the sources of reference rates do: last success, last error, state."""
        return paged([SourceOut.of(*found) for found in await rates.sources()], page)

    return router
