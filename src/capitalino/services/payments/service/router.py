"""Chooses the venue of an order: who may be asked, what their books say, which is best."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.tasks import Tasks
from capitalino.money import ASSETS, WIDE
from capitalino.services.payments.adapters.venue import Refused
from capitalino.services.payments.domain.parts import spent
from capitalino.services.payments.domain.payments import Attempt, Quote
from capitalino.services.payments.domain.routing import Demand, Offer, Opinion, Routing, Sizes, route
from capitalino.services.payments.errors.payments import VenueAway
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.service.order_books import OrderBooks, Seen
from capitalino.services.payments.service.providers import Providers
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.venues.circuits import Group
from capitalino.venues.guarded import Guarded
from capitalino.venues.port import Book, Instrument, Pair


class Router:
    """Asks the books of all that may take the order, weighs them, and says why."""

    def __init__(
        self,
        db: Database,
        venues: Mapping[str, Guarded],
        books: OrderBooks,
        providers: Providers,
        gate: Gate,
        *,
        fees: Mapping[str, Decimal],
        split_from: Decimal | None,
    ) -> None:
        self.venues = venues
        self._db, self._books = db, books
        self._providers, self._gate = providers, gate
        self._fees, self._split_from = fees, split_from

    async def route(self, quote: Quote, units: int, orders: Sequence[Attempt]) -> Routing | Refused:
        """Where `units` of the base go. Venues of earlier `orders` come last: they said no, or are used.

        Refused: none will ever trade it. VenueAway: none can now.
        """
        base = ASSETS[quote.instrument[0]]
        demand = Demand(quote.side, WIDE.scaleb(Decimal(units), -base.scale), quote.price())
        async with self._db.begin() as tx:
            opened = await self._gate.open_venues(tx, quote.assets)
        barred = {name: why for name in self.venues if (why := self._barred(name, opened))}
        seen = await self._books.of(
            Pair(*quote.instrument), (name for name in self.venues if name not in barred)
        )
        told = [Opinion(name, why) for name, why in barred.items()]
        told += [Opinion(name, one.why) for name, one in seen.items() if one.why]
        found = self._best(demand, await self._offers(demand, seen), told, orders)
        if found.parts or found.is_too_little:
            return found
        if seen and not barred and all(one.is_final for one in seen.values()):
            return Refused(next(one.why for one in seen.values() if one.why))
        raise VenueAway("No exchange takes the order now.", retry_after_s=self._back_in_s(seen))

    def is_other_able(self, venue: str) -> bool:
        """Whether any venue but this one may be asked."""
        return any(not self._left_alone_s(name) for name in self.venues if name != venue)

    def _best(
        self, demand: Demand, offers: list[Offer], told: list[Opinion], orders: Sequence[Attempt]
    ) -> Routing:
        """Of those that have nothing to do with it yet; of all, where none of them can."""
        last = spent(orders)
        split_from = None if any(one.state == "filled" for one in orders) else self._split_from
        fresh = [offer for offer in offers if offer.venue not in last]
        if fresh and len(fresh) < len(offers):
            tried = [Opinion(offer.venue, "tried") for offer in offers if offer.venue in last]
            found = route(demand, fresh, (*tried, *told), split_from=split_from)
            if found.parts:
                return found
        return route(demand, offers, told, split_from=split_from)

    async def _offers(self, demand: Demand, seen: Mapping[str, Seen]) -> list[Offer]:
        shares = await self._providers.success()
        return [
            self._offer(demand, name, one.rules, one.book, shares[name])
            for name, one in seen.items()
            if one.rules is not None and one.book is not None
        ]

    def _offer(self, demand: Demand, name: str, rules: Instrument, book: Book, share: Decimal) -> Offer:
        side = book.bids if demand.side == "sell" else book.asks
        levels = tuple((level.price, level.amount) for level in side)
        sizes = Sizes(rules.amount_step, rules.amount_min, rules.amount_max, rules.cost_min)
        return Offer(name, levels, sizes, self._fees[name], share)

    def _barred(self, name: str, opened: Sequence[str]) -> str | None:
        """Why it is not even asked."""
        if name not in opened:
            return "closed"
        return "left_alone" if self._left_alone_s(name) else None

    def _left_alone_s(self, name: str) -> float:
        venue = self.venues[name]
        return max(venue.circuits.wait_s(Group.TRADING), venue.circuits.wait_s(Group.PRICES))

    def _back_in_s(self, seen: Mapping[str, Seen]) -> float:
        """When the first of them may be asked again."""
        waits = [self._left_alone_s(name) for name in self.venues]
        return min([*waits, *(one.wait_s for one in seen.values() if one.wait_s)], default=0.0)


def open_router(
    db: Database,
    venues: Mapping[str, Guarded],
    tasks: Tasks,
    providers: Providers,
    gate: Gate,
    *,
    settings: PaymentsSettings,
    clock: Clock,
) -> Router:
    """Put it together."""
    kept_s, within_s = settings.book_kept_s, settings.book_within_s
    books = OrderBooks(venues, tasks, clock, kept_s=kept_s, within_s=within_s)
    fees = {name: settings.fee(name) for name in venues}
    return Router(db, venues, books, providers, gate, fees=fees, split_from=settings.split_from)
