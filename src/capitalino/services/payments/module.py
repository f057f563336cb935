"""How payments is put together."""

from capitalino.contracts.ledger.api import LedgerAccounts, LedgerEntries
from capitalino.contracts.market.api import MarketPrices
from capitalino.contracts.payments.events import ConversionRefused, ConversionSettled, DepositSettled
from capitalino.kit.loops import Loop
from capitalino.kit.module import Given, Module, Parts
from capitalino.kit.tasks import Tasks
from capitalino.services.payments.adapters.arrivals import Arrivals
from capitalino.services.payments.adapters.opened import open_venues
from capitalino.services.payments.routes import routes
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.conversions import Conversions
from capitalino.services.payments.service.deposits import Deposits
from capitalino.services.payments.service.desk import open_desk
from capitalino.services.payments.service.driver import open_driver
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.service.history import History
from capitalino.services.payments.service.providers import Providers
from capitalino.services.payments.service.quotes import Quotes
from capitalino.services.payments.service.router import open_router
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.services.payments.tables import schema


def build(given: Given) -> Parts:
    """Wire payments."""
    settings, shared = given.settings_as(PaymentsSettings), given.shared
    ledger, tasks, db, clock = given.peer(LedgerEntries), Tasks(), given.db, given.clock
    venues, receiving = open_venues(settings, shared, clock)
    accounts, gate = Accounts(given.peer(LedgerAccounts)), Gate(tuple(venues), receiving.name)
    quotes = Quotes(db, given.peer(MarketPrices), gate, settings, clock)
    providers = Providers(db, venues, receiving, clock)
    router = open_router(db, venues, tasks, providers, gate, settings=settings, clock=clock)
    driver = open_driver(db, ledger, accounts, router, settings, clock=clock)
    deposits = Deposits(db, ledger, accounts, Arrivals(receiving, clock), gate)
    conversions = Conversions(db, quotes, driver, tasks, gate=gate, clock=clock, settings=settings)
    history = History(db, deposits, driver, clock, is_open=settings.takes_history(shared.mode))
    desk = open_desk(db, ledger, clock, providers)
    return Parts(
        router=routes(quotes, conversions, deposits, history, desk),
        loops=(
            Loop("payments-resume", settings.resume_every_s, conversions.resume),
            Loop("payments-deposits", settings.deposits_every_s, deposits.watch, lease=True),
            Loop("payments-settle", settings.settle_every_s, deposits.settle_pending),
        ),
        resources=(providers.opened, tasks.open, history.tasks.open),
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
