"""A book in memory, a fixed price, and payments wired to a real database and a real sandbox exchange."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from capitalino.contracts.ledger.api import (
    AccountsAmended,
    AccountsOpened,
    AmendAccount,
    BalanceAt,
    BalancesRead,
    CaptureHold,
    ClosePeriod,
    EntriesAnswered,
    EntryAccepted,
    EntryFound,
    FindEntry,
    HoldUnits,
    LimitsRead,
    OpenAccounts,
    PeriodClosed,
    PostEntries,
    PostEntry,
    Posting,
    ReadBalanceAt,
    ReadBalances,
    ReadLimits,
    ReleaseHold,
    ReverseEntry,
    SetLimits,
)
from capitalino.contracts.market.api import FindPrice, MarketPrices, Price
from capitalino.kit.clock import SYSTEM, Clock
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, Kind, PeerUnavailable
from capitalino.kit.ids import new_id
from capitalino.kit.tasks import Tasks
from capitalino.services.payments.adapters.arrivals import Arrivals
from capitalino.services.payments.domain.payments import cash
from capitalino.services.payments.service.accounts import Accounts
from capitalino.services.payments.service.conversions import Conversions
from capitalino.services.payments.service.deposits import Deposits
from capitalino.services.payments.service.desk import Desk, open_desk
from capitalino.services.payments.service.driver import open_driver
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.service.history import History
from capitalino.services.payments.service.providers import Providers
from capitalino.services.payments.service.quotes import Quotes
from capitalino.services.payments.service.router import open_router
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.venues import open_venue
from capitalino.venues.guarded import Guarded
from capitalino.venues.port import Venue
from capitalino.venues.settings import VenueSettings


class Refused(AppError):
    """The book says no."""

    code = "ledger.insufficient_funds"
    kind = Kind.REJECTED


class Barred(AppError):
    """An account is frozen."""

    code = "ledger.account_barred"
    kind = Kind.REJECTED


class NoHold(AppError):
    """Nothing is held under this id."""

    code = "ledger.hold_unknown"
    kind = Kind.NOT_FOUND


class HoldOver(AppError):
    """The hold was captured or released."""

    code = "ledger.hold_resolved"
    kind = Kind.CONFLICT


class Unasked:
    """What a ledger can do and payments never asks for."""

    async def reverse_entry(self, command: ReverseEntry) -> EntryAccepted:
        raise NotImplementedError(command)

    async def post_entries(self, command: PostEntries) -> EntriesAnswered:
        raise NotImplementedError(command)

    async def preview_entries(self, command: PostEntries) -> EntriesAnswered:
        raise NotImplementedError(command)

    async def amend_account(self, command: AmendAccount) -> AccountsAmended:
        raise NotImplementedError(command)

    async def close_period(self, command: ClosePeriod) -> PeriodClosed:
        raise NotImplementedError(command)

    async def set_limits(self, command: SetLimits) -> LimitsRead:
        raise NotImplementedError(command)

    async def read_limits(self, query: ReadLimits) -> LimitsRead:
        raise NotImplementedError(query)

    async def read_balances(self, query: ReadBalances) -> BalancesRead:
        raise NotImplementedError(query)

    async def read_balance_at(self, query: ReadBalanceAt) -> BalanceAt:
        raise NotImplementedError(query)


@dataclass
class Book(Unasked):
    """A ledger in memory that keeps the contract: once for each id, never below zero, holds count at once."""

    balances: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    entries: dict[UUID, object] = field(default_factory=dict)
    holds: dict[UUID, tuple[Posting, ...]] = field(default_factory=dict)
    refused: dict[UUID, AppError] = field(default_factory=dict)
    """As in the ledger, an id that was refused once is refused for ever."""
    barred: set[str] = field(default_factory=set)
    """What is refused for now: an act (`capture`, `release`), or all that goes to an address."""
    fail: Callable[[str, str], None] = lambda _what, _when: None
    """Called before and after each effect; what it raises is what the caller meets."""

    def give(self, investor_id: UUID, asset: str, units: int) -> None:
        """Let somebody have something."""
        self.balances[cash(investor_id), asset] += units

    def of(self, investor_id: UUID, asset: str) -> int:
        """What they have, open holds taken off."""
        return self.balances[cash(investor_id), asset]

    async def open_accounts(self, command: OpenAccounts) -> AccountsOpened:
        return AccountsOpened(opened=len(command.accounts))

    async def find_entry(self, query: FindEntry) -> EntryFound:
        self.fail("find", "before")
        if query.entry_id in self.refused:
            return EntryFound(
                entry_id=query.entry_id, state="refused", code=self.refused[query.entry_id].code
            )
        return EntryFound(
            entry_id=query.entry_id, state="accepted" if query.entry_id in self.entries else None
        )

    async def post_entry(self, command: PostEntry) -> EntryAccepted:
        return self._once("post", command.entry_id, lambda: self._move(command.postings))

    async def hold_units(self, command: HoldUnits) -> EntryAccepted:
        def effect() -> None:
            self._take(command.postings)
            self.holds[command.entry_id] = command.postings

        return self._once("hold", command.entry_id, effect)

    async def capture_hold(self, command: CaptureHold) -> EntryAccepted:
        def effect() -> None:
            for posting in self._resolve(command.hold_id):
                self.balances[posting.destination, posting.asset] += posting.units
            self._move(command.further)

        return self._once("capture", command.entry_id, effect)

    async def release_hold(self, command: ReleaseHold) -> EntryAccepted:
        def effect() -> None:
            for posting in self._resolve(command.hold_id):
                self.balances[posting.source, posting.asset] += posting.units

        return self._once("release", command.entry_id, effect)

    def _once(self, what: str, entry_id: UUID, effect: Callable[[], None]) -> EntryAccepted:
        self.fail(what, "before")
        if entry_id in self.refused:
            raise self.refused[entry_id]
        repeated = entry_id in self.entries
        if not repeated:
            try:
                if what in self.barred:
                    raise Barred("The account is frozen.")
                effect()
            except AppError as refusal:
                self.refused[entry_id] = refusal
                raise
            self.entries[entry_id] = what
        self.fail(what, "after")
        return EntryAccepted(entry_id=entry_id, repeated=repeated, recorded_at=SYSTEM.now(), balances=())

    def _resolve(self, hold_id: UUID) -> tuple[Posting, ...]:
        if hold_id not in self.entries:
            raise NoHold("There was no such hold.")
        try:
            return self.holds.pop(hold_id)
        except KeyError:
            raise HoldOver("The hold is resolved.") from None

    def _take(self, postings: tuple[Posting, ...]) -> None:
        for posting in postings:
            key = (posting.source, posting.asset)
            if posting.source.startswith("investor:") and self.balances[key] < posting.units:
                raise Refused("Not enough.")
            self.balances[key] -= posting.units

    def _move(self, postings: tuple[Posting, ...]) -> None:
        if any(posting.destination in self.barred for posting in postings):
            raise Barred("The account is frozen.")
        self._take(postings)
        for posting in postings:
            self.balances[posting.destination, posting.asset] += posting.units

    def total(self, asset: str) -> int:
        """Everything there is of an asset, with what is held: only deposits change it."""
        held = sum(p.units for postings in self.holds.values() for p in postings if p.asset == asset)
        return held + sum(units for (_, of), units in self.balances.items() if of == asset)


class FixedMarket:
    """One price for everything."""

    def __init__(self, mid: str = "40000") -> None:
        self.mid = Decimal(mid)

    async def find_price(self, query: FindPrice) -> Price:
        """The price."""
        if (query.base, query.quote) not in (("BTC", "EUR"), ("ETH", "EUR")):
            raise Unknown("No such instrument.")
        return Price(
            base=query.base,
            quote=query.quote,
            bid=self.mid - 1,
            ask=self.mid + 1,
            mid=self.mid,
            at=SYSTEM.now(),
            age_ms=5,
            sources=("binance",),
        )


class Unknown(AppError):
    """As the market says it."""

    code = "market.instrument_unknown"
    kind = Kind.NOT_FOUND


@dataclass
class Wired:
    """Payments, ready to be asked."""

    db: Database
    book: Book
    venue: Venue
    quotes: Quotes
    conversions: Conversions
    deposits: Deposits
    history: History
    desk: Desk

    def investor(self, **amounts: int) -> UUID:
        """Somebody who has this."""
        investor_id = new_id()
        for asset, units in amounts.items():
            self.book.give(investor_id, asset, units)
        return investor_id


@asynccontextmanager
async def payments(
    db: Database,
    venue_url: str,
    *,
    book: Book | None = None,
    clock: Clock = SYSTEM,
    venue: Venue | None = None,
    takes_history: bool = True,
    market: MarketPrices | None = None,
    settings_of: dict[str, Any] | None = None,
    others: Sequence[Venue] = (),
    answer_s: float = 20,
) -> AsyncIterator[Wired]:
    """Payments as module.py wires them, with a book and a price of the test's own.

    One venue, where deposits arrive too, and perhaps `others` that take orders. An answer waits long: how far
    a conversion has come by then must not hang on how busy the machine is.
    """
    book = book or Book()
    settings = PaymentsSettings().model_copy(update=settings_of or {})
    tasks = Tasks()
    first = venue or open_venue("binance", VenueSettings(base_url=venue_url, timeout_ms=1000))
    venues = {one.name: Guarded(one, clock) for one in (first, *others)}
    there = venues[first.name]
    providers = Providers(db, venues, there, clock)
    async with providers.opened(), tasks.open():
        accounts, gate = Accounts(book), Gate(tuple(venues), there.name)
        quotes = Quotes(db, market or FixedMarket(), gate, settings, clock)
        router = open_router(db, venues, tasks, providers, gate, settings=settings, clock=clock)
        driver = open_driver(db, book, accounts, router, settings, clock=clock)
        deposits = Deposits(db, book, accounts, Arrivals(there, clock), gate)
        history = History(db, deposits, driver, clock, is_open=takes_history)
        conversions = Conversions(
            db,
            quotes,
            driver,
            tasks,
            gate=gate,
            clock=clock,
            settings=settings,
            answer_s=answer_s,
        )
        desk = open_desk(db, book, clock, providers)
        async with history.tasks.open():
            yield Wired(db, book, there, quotes, conversions, deposits, history, desk)


def away(what: str) -> PeerUnavailable:
    """As a peer that does not answer."""
    return PeerUnavailable(f"{what} did not answer")
