"""How the market is put together."""

from capitalino.contracts.market.api import MarketPrices, MarketRates
from capitalino.contracts.market.events import DayClosed
from capitalino.kit.loops import Loop
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.market.adapters.venues import venues
from capitalino.services.market.routes import routes
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.history import History
from capitalino.services.market.service.live import Live
from capitalino.services.market.service.rate_sources import RateSources
from capitalino.services.market.service.releases import Releases
from capitalino.services.market.service.signals import FEEDS, PRICES, TICKS
from capitalino.services.market.settings import MarketSettings
from capitalino.services.market.tables import schema


def build(given: Given) -> Parts:
    """Make the objects; nothing is opened yet."""
    settings = given.settings_as(MarketSettings)
    catalogue, opened = Catalogue(given.db, settings.venues), venues(given, settings)
    live = Live(given, catalogue, opened, settings)
    history = History(given.db, catalogue, opened, given.clock, settings)
    sources = RateSources(given, catalogue, settings)
    releases = Releases(given.db, sources.rates, given.clock)
    return Parts(
        router=routes(live, catalogue, history, sources, releases),
        apis={MarketPrices: live.prices, MarketRates: sources.rates},
        loops=(
            *live.loops,
            Loop("market-rates", 0, sources.round, lease=True),
            Loop("market-past-rates", 0, sources.past.round, lease=True),
            Loop("market-history", 0, history.round, lease=True),
            Loop("market-catalogue", 60, catalogue.read),
            Loop("market-throw-away", 3600, history.throw_away, lease=True),
        ),
        resources=(catalogue.opened, sources.reader.opened, *live.resources),
    )


module = Module(
    name="market",
    build=build,
    words=("assets", "instruments", "prices", "candles", "fx-rates"),
    schema=schema,
    settings=MarketSettings,
    apis=(MarketPrices, MarketRates),
    tells=(DayClosed,),
    sends=(f"{PRICES}.>", f"{TICKS}.>", f"{FEEDS}.>"),
    listens=(f"{TICKS}.>", f"{FEEDS}.>"),
)
