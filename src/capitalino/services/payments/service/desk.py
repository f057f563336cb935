"""The staff's desk: the price list, the switches, the human queue, and the second pair of eyes for each."""

from dataclasses import dataclass

from capitalino.contracts.ledger.api import LedgerEntries
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.services.payments.service.approvals import Approvals
from capitalino.services.payments.service.asking import Asking
from capitalino.services.payments.service.books import Books
from capitalino.services.payments.service.conversion_acts import ConversionActs
from capitalino.services.payments.service.deposit_acts import DepositActs
from capitalino.services.payments.service.price_list import PriceList
from capitalino.services.payments.service.providers import Providers
from capitalino.services.payments.service.queue import Queue
from capitalino.services.payments.service.switches import Switches


@dataclass(frozen=True, slots=True)
class Desk:
    """All that staff do in payments."""

    prices: PriceList
    switches: Switches
    queue: Queue
    conversions: ConversionActs
    deposits: DepositActs
    approvals: Approvals
    providers: Providers


def open_desk(db: Database, ledger: LedgerEntries, clock: Clock, providers: Providers) -> Desk:
    """Put it together."""
    asking, books = Asking(db, clock), Books(ledger)
    prices, switches = PriceList(db, asking, clock), Switches(db, asking, clock, tuple(providers.venues))
    conversions, deposits = ConversionActs(db, asking, books), DepositActs(db, asking)
    approvals = Approvals(
        db,
        asking,
        clock,
        {
            "terms": prices,
            "opening": switches,
            "conversion_act": conversions,
            "deposit_act": deposits,
        },
    )
    queue = Queue(db, books, clock)
    return Desk(prices, switches, queue, conversions, deposits, approvals, providers)
