"""Conversions: ordered once, driven to their end, followed by whoever ordered them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from capitalino.kit import idempotency
from capitalino.kit.auth import Freshness
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.kit.pages import Page
from capitalino.kit.tasks import Tasks
from capitalino.services.payments.domain.payments import (
    Conversion,
    Quote,
    State,
    Step,
    Wanted,
)
from capitalino.services.payments.domain.switches import Flow
from capitalino.services.payments.errors.payments import (
    ConversionNotFound,
    QuoteExpired,
    QuoteNotFound,
    QuoteUsed,
)
from capitalino.services.payments.service.driver import Driver
from capitalino.services.payments.service.gate import Gate
from capitalino.services.payments.service.quotes import Draft, Quotes
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.services.payments.store import conversions as store
from capitalino.services.payments.store import quotes as quote_store

ANSWER_S = 1.8
"""A POST answers within two seconds with the state reached by then."""
PROVED_WITHIN = timedelta(minutes=10)
"""How fresh a factor has to be for a large conversion."""
PRICE_S = 0.8
"""How much of that the price of now may take: the rest is for the conversion itself."""
OWN_S = 5.0
"""How long the process that began a conversion has it for itself; after that, any other takes it up."""
RESUME_MAX = 6
"""So many are taken up at once, fewer than a process has connections; one that waits holds no other up."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an investor asks for: a quote that they hold, or an amount at the price of now."""

    quote_id: UUID | None = None
    pair: tuple[str, str] = ("", "")
    amount: str = ""
    wanted: Wanted = Wanted.EXACT_IN
    fresh: Freshness | None = None
    """Of whom asks over the API."""


class Conversions:
    """Takes orders and sees to it that each ends."""

    def __init__(
        self,
        db: Database,
        quotes: Quotes,
        driver: Driver,
        tasks: Tasks,
        *,
        gate: Gate,
        clock: Clock,
        settings: PaymentsSettings,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._db, self._quotes, self._gate, self._driver = db, quotes, gate, driver
        self._tasks, self._clock, self._settings = tasks, clock, settings
        self._answer_s = answer_s

    async def convert(self, investor_id: UUID, key: idempotency.Key, order: Order) -> tuple[Conversion, bool]:
        """Order a conversion; whether it was there already. A repeat answers how far the first has come."""
        ends_at = self._clock.monotonic() + self._answer_s
        async with self._db.begin() as tx:
            known = await idempotency.find(tx, key)
        if known is None:
            conversion_id, is_new = await self._begin(investor_id, key, order)
        else:
            conversion_id, is_new = known, False
        if is_new:
            within_s = max(ends_at - self._clock.monotonic(), 0)
            await self._tasks.run(self._driver.drive(conversion_id), within_s=within_s)
        return await self.find(investor_id, conversion_id), not is_new

    async def find(self, investor_id: UUID, conversion_id: UUID) -> Conversion:
        """An investor's own conversion."""
        async with self._db.begin() as tx:
            found = await store.get(tx, conversion_id)
        if found is None or found.investor_id != investor_id:
            raise ConversionNotFound("There is no such conversion.", conversion_id=str(conversion_id))
        return found

    async def page(self, investor_id: UUID, wanted: Page) -> list[tuple[int, Conversion]]:
        """An investor's conversions with their positions, the newest first."""
        async with self._db.read() as tx:
            return await store.page(tx, investor_id, wanted)

    async def resume(self) -> int:
        """Take up what was interrupted, or is due to be looked at again; how many."""
        count = 0
        while due := await self._due():
            driven = (self._tasks.run(self._driver.drive(one), within_s=OWN_S) for one in due)
            await asyncio.gather(*driven)
            count += len(due)
            if len(due) < RESUME_MAX:
                break
        return count

    async def _due(self) -> Sequence[UUID]:
        async with self._db.begin() as tx:
            return await store.claim_due(tx, RESUME_MAX, OWN_S)

    async def _begin(self, investor_id: UUID, key: idempotency.Key, order: Order) -> tuple[UUID, bool]:
        drafted = None
        if order.quote_id is None:
            drafted = await self._draft(investor_id, order)
        conversion_id = new_id()
        async with self._db.begin() as tx:
            claimed = await idempotency.claim(tx, key, conversion_id)
            if claimed != conversion_id:
                return claimed, False
            if drafted is not None:
                quote = drafted.quote
                await self._quotes.keep(tx, drafted)
            else:
                assert order.quote_id is not None, "an order has a quote or an amount"
                quote = await self._held_quote(tx, investor_id, order.quote_id)
            if order.fresh is not None:
                worth = Decimal(quote.worth().amount)
                order.fresh.demand_above(worth, self._settings.step_up_above, PROVED_WITHIN)
            await self._gate.check(tx, Flow.CONVERSION, quote.assets)
            if not await quote_store.use(tx, quote.quote_id, conversion_id):
                raise QuoteExpired("The offer has ended; ask for a new one.", quote_id=str(quote.quote_id))
            new = Conversion(
                conversion_id,
                investor_id,
                quote,
                State.PENDING,
                Step.BEGUN,
                self._clock.now(),
                settlement=self._settings.settlement,
            )
            await store.add(tx, new, OWN_S)
        return conversion_id, True

    async def _draft(self, investor_id: UUID, order: Order) -> Draft:
        return await self._quotes.draft(
            investor_id, order.pair, order.amount, order.wanted, price_within_s=PRICE_S
        )

    @staticmethod
    async def _held_quote(tx: Tx, investor_id: UUID, quote_id: UUID) -> Quote:
        quote = await quote_store.get(tx, quote_id, investor_id)
        if quote is None:
            raise QuoteNotFound("There is no such offer.", quote_id=str(quote_id))
        if quote.used_by is not None:
            raise QuoteUsed("The offer was used already.", quote_id=str(quote_id))
        return quote
