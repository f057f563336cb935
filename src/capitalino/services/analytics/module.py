"""How analytics is put together."""

from functools import partial

from capitalino.contracts.ledger.events import EntryPosted
from capitalino.contracts.market.events import DayClosed
from capitalino.contracts.payments.events import ConversionSettled, DepositSettled
from capitalino.contracts.users.events import ProfileChanged
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.analytics.adapters.ticks import PRICES, Ticks
from capitalino.services.analytics.consumers import consumers
from capitalino.services.analytics.routes import routes
from capitalino.services.analytics.service import Analytics
from capitalino.services.analytics.settings import AnalyticsSettings
from capitalino.services.analytics.tables import schema


def build(given: Given) -> Parts:
    """Make the objects; nothing is opened yet."""
    ticks = Ticks(given.clock, given.settings_as(AnalyticsSettings).price_age_max_s)
    analytics = Analytics(given.db, ticks, given.clock)
    return Parts(
        router=routes(analytics, given.clock),
        consumers=consumers(analytics),
        resources=(partial(ticks.listening, given.bus),),
    )


module = Module(
    name="analytics",
    build=build,
    words=("dashboard", "portfolios", "transactions"),
    schema=schema,
    settings=AnalyticsSettings,
    hears=(EntryPosted, DayClosed, ConversionSettled, DepositSettled, ProfileChanged),
    listens=(PRICES,),
)
