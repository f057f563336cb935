"""Fiat reference rates for everybody who is signed in: now, and of past days."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, Field

from capitalino.contracts.market.api import FiatRate, FindFiatRate
from capitalino.contracts.money_wire import AssetCode
from capitalino.kit.auth import Somebody
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.message import Rate
from capitalino.kit.pages import CursorUnknown, Page, PageQuery, decode_cursor, encode_cursor
from capitalino.services.market.domain.prices import bare
from capitalino.services.market.domain.rates import PastRate
from capitalino.services.market.routes.paged import paged
from capitalino.services.market.service.past_rates import PastRates
from capitalino.services.market.service.rates import Rates

DAYS_MAX = 1500
Code = Annotated[AssetCode, Path()]


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


class PastRateOut(BaseModel):
    """The reference rate of a past bank day, as the European Central Bank has published it."""

    on: date
    rate: Rate

    @classmethod
    def of(cls, past: PastRate) -> "PastRateOut":
        """As the API shows it."""
        return cls(on=past.on, rate=bare(past.rate))


class DaysIn(BaseModel):
    """Which days are wanted."""

    since: date | None = Field(None, alias="from", description="Included.")
    until: date | None = Field(None, alias="to", description="Not included; left out: until the newest.")
    limit: int = Field(500, ge=1, le=DAYS_MAX)
    cursor: str | None = Field(None, max_length=200, description="`meta.next_cursor` of the page before.")

    @property
    def start(self) -> date | None:
        """Where this page begins."""
        if self.cursor is None:
            return self.since
        try:
            return date.fromisoformat(decode_cursor(self.cursor))
        except ValueError:
            raise CursorUnknown("The cursor is not one of ours.") from None

    def following(self, found: list[PastRate]) -> str | None:
        """Where the next page begins; None at the end, and when the last days were asked for."""
        if self.start is None or len(found) < self.limit:
            return None
        return encode_cursor((found[-1].on + timedelta(days=1)).isoformat())


def routes(rates: Rates, past: PastRates) -> APIRouter:
    """The paths of reference rates."""
    router = APIRouter()

    @router.get("/fx-rates")
    async def list_fx_rates(_: Somebody, page: PageQuery, quote: AssetCode = "EUR") -> Listed[FiatRateOut]:
        """What every fiat currency costs in one of them. What has no good rate is left out."""
        return paged([FiatRateOut.of(rate) for rate in await rates.rates(quote)], page)

    @router.get("/fx-rates/{base}-{quote}")
    async def find_fx_rate(_: Somebody, base: Code, quote: Code) -> Success[FiatRateOut]:
        """What one fiat currency costs in another: refused, not guessed, when the sources do not bear it."""
        return ok(FiatRateOut.of(await rates.find_fiat_rate(FindFiatRate(base=base, quote=quote))))

    @router.get("/fx-rates/{base}-{quote}/days")
    async def list_past_rates(
        _: Somebody, base: Code, quote: Code, asked: Annotated[DaysIn, Query()]
    ) -> Listed[PastRateOut]:
        """Rates of past days, oldest first: from `from` on, or without it the last ones before `to`."""
        found = await past.find((base, quote), asked.start, asked.until, asked.limit)
        rows = [PastRateOut.of(one) for one in found]
        return listed(rows, Page(asked.limit), next_cursor=asked.following(found))

    return router
