"""Assets, instruments, live prices and candles, for everybody who is signed in."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from capitalino.contracts.money_wire import AssetCode
from capitalino.kit.auth import Somebody
from capitalino.kit.http import Listed, Success, listed, ok
from capitalino.kit.message import Rate
from capitalino.kit.pages import CursorUnknown, Page, PageQuery, decode_cursor, encode_cursor
from capitalino.services.market.domain.candles import EPOCH, Candle, Interval
from capitalino.services.market.domain.instruments import Instrument, Listing, NamedAsset
from capitalino.services.market.domain.prices import Price, bare, code_of
from capitalino.services.market.routes.paged import paged
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.history import History
from capitalino.services.market.service.prices import Prices

CANDLES_MAX = 1500
Moment = Annotated[AwareDatetime, Field(ge=EPOCH, lt=datetime(2200, 1, 1, tzinfo=UTC))]
MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


class AssetOut(BaseModel):
    """Something countable. Amounts have at most `scale` decimals."""

    code: str
    kind: str
    scale: int
    name: str

    @classmethod
    def of(cls, named: NamedAsset) -> "AssetOut":
        """As the API shows it."""
        asset = named.asset
        return cls(code=asset.code, kind=asset.kind, scale=asset.scale, name=named.name)


class InstrumentOut(BaseModel):
    """One asset priced in another, with the strictest limits of the venues that list it."""

    code: str
    base: str
    quote: str
    is_open: bool
    price_tick: Rate | None
    lot: Rate | None
    cost_min: Rate | None
    venues: list[str]

    @classmethod
    def of(cls, instrument: Instrument, listings: tuple[Listing, ...]) -> "InstrumentOut":
        """As the API shows it."""
        return cls(
            code=instrument.code,
            base=instrument.base,
            quote=instrument.quote,
            is_open=instrument.is_open,
            price_tick=max((listing.price_tick for listing in listings), default=None),
            lot=max((listing.lot for listing in listings), default=None),
            cost_min=max((listing.cost_min for listing in listings), default=None),
            venues=[listing.venue for listing in listings],
        )


class PriceOut(BaseModel):
    """A price now: bid, ask and mid are medians of the sources that agree.

    `best_bid` and `best_ask` are the best of any of them: of two sources, so that they may cross.
    `change_24h` is a part, 0.0123 is 1.23 % up; null when the price then is not known.
    """

    instrument: str
    base: str
    quote: str
    bid: Rate
    ask: Rate
    mid: Rate
    best_bid: Rate
    best_ask: Rate
    change_24h: str | None = Field(examples=["-0.0123"])
    at: AwareDatetime
    age_ms: int
    sources: list[str]

    @classmethod
    def of(cls, base: str, quote: str, price: Price) -> "PriceOut":
        """As the API shows it."""
        return cls(
            instrument=code_of(base, quote),
            base=base,
            quote=quote,
            bid=bare(price.bid),
            ask=bare(price.ask),
            mid=bare(price.mid),
            best_bid=bare(price.best_bid),
            best_ask=bare(price.best_ask),
            change_24h=None if price.change_24h is None else str(price.change_24h),
            at=price.at,
            age_ms=price.age_ms,
            sources=list(price.sources),
        )


class CandleOut(BaseModel):
    """What the price did from `at` on, for one interval. The last one may still be open."""

    at: AwareDatetime
    open: Rate
    high: Rate
    low: Rate
    close: Rate
    volume: Rate

    @classmethod
    def of(cls, candle: Candle) -> "CandleOut":
        """As the API shows it."""
        return cls(
            at=candle.at,
            open=bare(candle.open),
            high=bare(candle.high),
            low=bare(candle.low),
            close=bare(candle.close),
            volume=bare(candle.volume),
        )


class CandlesIn(BaseModel):
    """Which candles are wanted."""

    instrument: str = Field(pattern=r"^[A-Z0-9._-]{2,20}/[A-Z0-9._-]{2,20}$", examples=["BTC/EUR"])
    interval: Interval = Interval.DAY
    since: Moment | None = Field(None, alias="from", description="Included.")
    until: Moment | None = Field(None, alias="to", description="Not included; left out: until now.")
    limit: int = Field(500, ge=1, le=CANDLES_MAX)
    cursor: str | None = Field(None, max_length=200, description="`meta.next_cursor` of the page before.")

    @property
    def start(self) -> datetime | None:
        """Where this page begins."""
        if self.cursor is None:
            return self.since
        try:
            return MOMENT.validate_python(datetime.fromisoformat(decode_cursor(self.cursor)))
        except ValueError:
            raise CursorUnknown("The cursor is not one of ours.") from None


def routes(catalogue: Catalogue, prices: Prices, history: History) -> APIRouter:
    """The paths of what is traded."""
    router = APIRouter()

    @router.get("/assets")
    async def list_assets(_: Somebody, page: PageQuery) -> Listed[AssetOut]:
        """What can be held: currencies and cryptocurrencies, with their decimals."""
        return paged([AssetOut.of(named) for named in catalogue.assets.values()], page)

    @router.get("/instruments")
    async def list_instruments(_: Somebody, page: PageQuery) -> Listed[InstrumentOut]:
        """What has a price of its own, and the limits of orders in it."""
        rows = [
            InstrumentOut.of(instrument, catalogue.listings(instrument.code))
            for instrument in catalogue.instruments.values()
        ]
        return paged(rows, page)

    @router.get("/prices")
    async def list_prices(_: Somebody, page: PageQuery, quote: AssetCode = "EUR") -> Listed[PriceOut]:
        """What everything costs now in one asset. What has no good price is left out."""
        found = prices.prices(quote)
        return paged([PriceOut.of(base, quote, price) for base, price in found.items()], page)

    @router.get("/prices/{base}-{quote}")
    async def find_price(
        _: Somebody, base: Annotated[AssetCode, Path()], quote: Annotated[AssetCode, Path()]
    ) -> Success[PriceOut]:
        """What one asset costs now in another: refused, not guessed, when too few sources bear it."""
        return ok(PriceOut.of(base, quote, prices.price(base, quote)))

    @router.get("/candles")
    async def list_candles(_: Somebody, asked: Annotated[CandlesIn, Query()]) -> Listed[CandleOut]:
        """Candles, oldest first: from `from` on, or without it the last ones before `to`."""
        wanted = (asked.instrument, asked.interval, asked.start, asked.until, asked.limit)
        found, following = await history.find_candles(*wanted)
        next_cursor = encode_cursor(following.isoformat()) if following else None
        return listed([CandleOut.of(candle) for candle in found], Page(asked.limit), next_cursor=next_cursor)

    return router
