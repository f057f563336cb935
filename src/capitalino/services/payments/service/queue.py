"""The human queue: what is unknown or in review, the oldest first, with all that an operator needs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from capitalino.kit import audit
from capitalino.kit.approvals import Approval
from capitalino.kit.audit import Record
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.pages import Page
from capitalino.services.payments.domain.evaluation import Kept
from capitalino.services.payments.domain.payments import Attempt, Conversion, Deposit
from capitalino.services.payments.domain.review import Act, acts, deposit_acts
from capitalino.services.payments.errors.staff import PaymentNotFound
from capitalino.services.payments.service.books import Books, Word
from capitalino.services.payments.store import approvals as approval_store
from capitalino.services.payments.store import conversions as conversion_store
from capitalino.services.payments.store import deposits as deposit_store
from capitalino.services.payments.store import queue as store
from capitalino.services.payments.store import quotes as quote_store
from capitalino.services.payments.store.queue import Waiting

ACTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Around:
    """What people have asked about it and done with it."""

    asked: Sequence[Approval]
    done: Sequence[Record]


@dataclass(frozen=True, slots=True)
class ConversionCase:
    """A conversion, and all that there is to know about it."""

    conversion: Conversion
    attempts: tuple[Attempt, ...]
    timeline: Sequence[tuple[str, str | None, datetime]]
    due_at: datetime
    quote: Kept
    around: Around
    acts: frozenset[Act]
    ledger: Sequence[Word] = ()


@dataclass(frozen=True, slots=True)
class DepositCase:
    """A deposit, and all that there is to know about it."""

    deposit: Deposit
    around: Around
    acts: frozenset[Act]
    ledger: Sequence[Word] = ()


class Queue:
    """Reads; what the ledger says is asked after the transaction."""

    def __init__(self, db: Database, books: Books, clock: Clock) -> None:
        self._db, self._books, self._clock = db, books, clock

    async def conversions(
        self, states: tuple[Waiting, ...], wanted: Page
    ) -> list[tuple[int, ConversionCase]]:
        """Those that wait, with their positions."""
        async with self._db.begin() as tx:
            found = await store.conversions(tx, states, wanted)
            cases = [(position, await self._conversion(tx, one)) for position, one in found]
        return [(position, await self._with_ledger(case)) for position, case in cases]

    async def conversion(self, conversion_id: UUID) -> ConversionCase:
        """One of them, or one that has ended."""
        async with self._db.begin() as tx:
            case = await self._conversion(tx, conversion_id)
        return await self._with_ledger(case)

    async def deposits(self, states: tuple[Waiting, ...], wanted: Page) -> list[tuple[int, DepositCase]]:
        """The same of deposits."""
        async with self._db.begin() as tx:
            found = await store.deposits(tx, states, wanted)
            cases = [(position, await self._deposit(tx, one)) for position, one in found]
        return [(position, await self._deposit_with_ledger(case)) for position, case in cases]

    async def deposit(self, deposit_id: UUID) -> DepositCase:
        """One deposit."""
        async with self._db.begin() as tx:
            case = await self._deposit(tx, deposit_id)
        return await self._deposit_with_ledger(case)

    async def quote(self, quote_id: UUID) -> Kept:
        """A quote, and how it came about."""
        async with self._db.begin() as tx:
            found = await quote_store.kept(tx, quote_id)
        if found is None:
            raise PaymentNotFound("There is no such quote.", quote_id=str(quote_id))
        return found

    async def _conversion(self, tx: Tx, conversion_id: UUID) -> ConversionCase:
        found = await conversion_store.get(tx, conversion_id)
        if found is None:
            raise PaymentNotFound("There is no such conversion.", conversion_id=str(conversion_id))
        attempts = await conversion_store.attempts(tx, conversion_id)
        quote = await quote_store.kept(tx, found.quote.quote_id)
        assert quote is not None, "a conversion has its quote"
        return ConversionCase(
            found,
            attempts,
            await store.steps(tx, conversion_id),
            await store.due_at(tx, conversion_id),
            quote,
            await self._around(tx, "conversion", conversion_id),
            acts(found, attempts),
        )

    async def _deposit(self, tx: Tx, deposit_id: UUID) -> DepositCase:
        found = await deposit_store.get(tx, deposit_id)
        if found is None:
            raise PaymentNotFound("There is no such deposit.", deposit_id=str(deposit_id))
        return DepositCase(found, await self._around(tx, "deposit", deposit_id), deposit_acts(found))

    async def _around(self, tx: Tx, kind: str, payment_id: UUID) -> Around:
        asked = await approval_store.about(tx, payment_id, self._clock.now())
        return Around(asked, await audit.about(tx, f"{kind}:{payment_id}", ACTS_SHOWN))

    async def _with_ledger(self, case: ConversionCase) -> ConversionCase:
        one = case.conversion
        return replace(case, ledger=await self._books.of_conversion(one.conversion_id, one.entry_number))

    async def _deposit_with_ledger(self, case: DepositCase) -> DepositCase:
        one = case.deposit
        return replace(case, ledger=await self._books.of_deposit(one.deposit_id, one.entry_number))
