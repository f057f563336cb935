"""How payments is put together."""

from capitalino.contracts.ledger.api import LedgerAccounts, LedgerEntries
from capitalino.contracts.market.api import MarketPrices
from capitalino.contracts.payments.events import ConversionRefused, ConversionSettled, DepositSettled
from capitalino.kit.loops import Loop
from capitalino.kit.module import Given, Module, Parts
from capitalino.kit.tasks import Tasks
from capitalino.services.payments.adapters.venue import Arrivals, Orders
from capitalino.services.payments.routes import routes
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.conversions import Conversions
from capitalino.services.payments.service.deposits import Deposits
from capitalino.services.payments.service.desk import open_desk
from capitalino.services.payments.service.driver import Driver
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.service.history import History
from capitalino.services.payments.service.progress import Progress
from capitalino.services.payments.service.quotes import Quotes
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.services.payments.tables import schema
from capitalino.venues import VenueSettings, open_venue, stand_in


def build(given: Given) -> Parts:
    """Wire payments."""
    settings = given.settings_as(PaymentsSettings)
    ledger, tasks, db, clock = given.peer(LedgerEntries), Tasks(), given.db, given.clock
    reached = VenueSettings(stand_in(given.shared.venues_url, settings.venue))
    venue = open_venue(settings.venue, reached, clock)
    accounts, gate = Accounts(given.peer(LedgerAccounts), settings.venue), Gate(settings.venue)
    quotes = Quotes(db, given.peer(MarketPrices), gate, settings, clock)
    progress = Progress(db, clock, settings.pending_max_s)
    orders = Orders(venue, clock, settings.order_lost_after_s)
    driver = Driver(progress, ledger, accounts, orders, clock, quote_grace_s=settings.quote_grace_s)
    conversions = Conversions(db, quotes, driver, tasks, gate=gate, clock=clock)
    deposits = Deposits(db, ledger, accounts, Arrivals(venue, clock), gate)
    history = History(db, deposits, driver, clock, is_open=settings.takes_history(given.shared.mode))
    desk = open_desk(db, ledger, clock, settings.venue)
    return Parts(
        router=routes(quotes, conversions, deposits, history, desk),
        loops=(
            Loop("payments-resume", settings.resume_every_s, conversions.resume),
            Loop("payments-deposits", settings.deposits_every_s, deposits.watch, lease=True),
            Loop("payments-settle", settings.settle_every_s, deposits.settle_pending),
        ),
        resources=(lambda: venue, tasks.open, history.tasks.open),
    )


module = Module(
    name="payments",
    build=build,
    words=("quotes", "conversions", "deposits", "deposit-addresses"),
    schema=schema,
    settings=PaymentsSettings,
    asks=(LedgerEntries, LedgerAccounts, MarketPrices),
    tells=(ConversionSettled, ConversionRefused, DepositSettled),
)
