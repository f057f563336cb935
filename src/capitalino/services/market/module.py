"""How the market is put together."""

from functools import partial

from capitalino.contracts.market.api import MarketPrices, MarketRates
from capitalino.contracts.market.events import DayClosed
from capitalino.kit.loops import Loop
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.market.routes import routes
from capitalino.services.market.service.catalogue import Catalogue
from capitalino.services.market.service.feeds import Feed
from capitalino.services.market.service.history import History
from capitalino.services.market.service.observations import Observations
from capitalino.services.market.service.prices import SUBJECT, Prices
from capitalino.services.market.service.rate_sources import RateSources
from capitalino.services.market.settings import MarketSettings
from capitalino.services.market.tables import schema
from capitalino.venues import VenueSettings, open_venue, stand_in


def build(given: Given) -> Parts:
    """Make the objects; nothing is opened yet."""
    settings = given.settings_as(MarketSettings)
    reached = {name: VenueSettings(stand_in(given.shared.venues_url, name)) for name in settings.venues}
    venues = {name: partial(open_venue, name, reached[name], given.clock) for name in settings.venues}
    catalogue = Catalogue(given.db, settings.venues)
    prices = Prices(catalogue, settings.price_age_max_s, given.clock)
    seen = Observations(given, catalogue, prices, pause_s=settings.signal_pause_s)
    history = History(given.db, catalogue, tuple(venues.values()), given.clock, settings)
    feeds = {name: Feed(opened, catalogue, seen, given.clock, settings) for name, opened in venues.items()}
    sources = RateSources(given, catalogue, settings)
    return Parts(
        router=routes(catalogue, prices, history, sources.rates),
        apis={MarketPrices: prices, MarketRates: sources.rates},
        loops=(
            *(Loop(f"market-feed-{name}", 0, feed.round, lease=True) for name, feed in feeds.items()),
            Loop("market-rates", 0, sources.round, lease=True),
            Loop("market-history", 0, history.round, lease=True),
            Loop("market-signals", settings.signal_pause_s / 2, seen.signal),
            Loop("market-minutes", settings.minutes_every_s, seen.keep_minutes),
            Loop("market-look-back", 10, seen.look_back),
            Loop("market-catalogue", 60, catalogue.read),
            Loop("market-throw-away", 3600, history.throw_away, lease=True),
        ),
        resources=(catalogue.opened, sources.reader.opened, partial(prices.listening, given.bus)),
    )


module = Module(
    name="market",
    build=build,
    words=("assets", "instruments", "prices", "candles", "fx-rates"),
    schema=schema,
    settings=MarketSettings,
    apis=(MarketPrices, MarketRates),
    tells=(DayClosed,),
    sends=(f"{SUBJECT}.>",),
    listens=(f"{SUBJECT}.>",),
)
