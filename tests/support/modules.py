"""Three small services as a catalogue would list them, for tests of what follows from it."""

from capitalino.contracts.auth.events import SessionClosed
from capitalino.contracts.ledger.api import LedgerEntries
from capitalino.contracts.ledger.events import EntryPosted
from capitalino.contracts.payments.events import ConversionSettled
from capitalino.kit.db import Schema
from capitalino.kit.module import Module, Parts

MODULES = (
    Module(
        "ledger",
        build=lambda _: Parts(),
        words=("balances",),
        schema=Schema("ledger"),
        apis=(LedgerEntries,),
        tells=(EntryPosted,),
    ),
    Module("auth", build=lambda _: Parts(), schema=Schema("auth"), tells=(SessionClosed,)),
    Module(
        "payments",
        build=lambda _: Parts(),
        words=("quotes",),
        schema=Schema("payments"),
        asks=(LedgerEntries,),
        hears=(EntryPosted,),
        tells=(ConversionSettled,),
        sends=("payments.quote.*",),
        listens=("market.price.>",),
    ),
)
