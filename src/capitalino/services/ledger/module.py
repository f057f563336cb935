"""How the ledger is put together."""

from capitalino.contracts.ledger.api import LedgerAccounts, LedgerEntries
from capitalino.contracts.ledger.events import EntryPosted
from capitalino.kit.loops import Loop
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.ledger.routes import routes
from capitalino.services.ledger.service import Accounts, Entries, Reading
from capitalino.services.ledger.settings import LedgerSettings
from capitalino.services.ledger.store.bookkeeper import Bookkeeper, Pace
from capitalino.services.ledger.tables import schema


def build(given: Given) -> Parts:
    """Wire the ledger; nothing is opened yet."""
    settings = given.settings_as(LedgerSettings)
    pace = Pace(settings.batch_max, settings.in_flight, settings.write_timeout_s)
    bookkeeper = Bookkeeper(settings.database_url.get_secret_value(), pace, given.db.emitted.set)
    entries, reading = Entries(given.db, bookkeeper), Reading(given.db)
    accounts = Accounts(given.db, reading)
    return Parts(
        router=routes(accounts, reading),
        apis={LedgerEntries: entries, LedgerAccounts: accounts},
        loops=(Loop("ledger-expire-holds", settings.expire_every_s, entries.expire_holds, lease=True),),
        resources=(bookkeeper.open,),
    )


module = Module(
    name="ledger",
    build=build,
    words=("balances", "statements"),
    schema=schema,
    settings=LedgerSettings,
    apis=(LedgerEntries, LedgerAccounts),
    tells=(EntryPosted,),
)
