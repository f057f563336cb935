"""How the ledger is put together."""

from capitalino.contracts.ledger.api import LedgerAccounts, LedgerControl, LedgerEntries, LedgerHistory
from capitalino.contracts.ledger.events import EntryPosted
from capitalino.kit.loops import Loop
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.ledger.routes import routes
from capitalino.services.ledger.service import Accounts, Entries, Reading
from capitalino.services.ledger.service.chain import Chain
from capitalino.services.ledger.service.desk import Desk
from capitalino.services.ledger.settings import LedgerSettings
from capitalino.services.ledger.store.bookkeeper import Bookkeeper, Pace
from capitalino.services.ledger.tables import schema

CARRY_OUT_EVERY_S = 5.0
"""Seconds between two looks for what was granted and left by a process that died."""


def build(given: Given) -> Parts:
    """Wire the ledger; nothing is opened yet."""
    settings = given.settings_as(LedgerSettings)
    pace = Pace(settings.batch_max, settings.in_flight, settings.write_timeout_s)
    bookkeeper = Bookkeeper(settings.database_url.get_secret_value(), pace, given.db.emitted.set)
    reading = Reading(given.db)
    entries = Entries(given.db, bookkeeper, reading)
    accounts = Accounts(given.db, reading)
    desk = Desk.of(given.db, entries, accounts, reading, given.clock)
    chain = Chain.of(given.db, settings, given.shared.mode, given.clock)
    return Parts(
        router=routes(desk, chain),
        apis={
            LedgerEntries: entries,
            LedgerAccounts: accounts,
            LedgerControl: accounts,
            LedgerHistory: accounts,
        },
        loops=(
            Loop("ledger-expire-holds", settings.expire_every_s, entries.expire_holds, lease=True),
            Loop("ledger-seal", settings.seal_every_s, chain.round, lease=True),
            Loop("ledger-carry-out", CARRY_OUT_EVERY_S, desk.approvals.carry_out, lease=True),
        ),
        resources=(bookkeeper.open,),
    )


module = Module(
    name="ledger",
    build=build,
    words=("accounts", "balances", "entries", "holds", "statements"),
    schema=schema,
    settings=LedgerSettings,
    apis=(LedgerEntries, LedgerAccounts, LedgerControl, LedgerHistory),
    tells=(EntryPosted,),
)
