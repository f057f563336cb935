"""Taking over what happened before we kept the books: deposits and exchanges, on their own days."""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import structlog

from capitalino.kit import audit, idempotency
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, StorageUnavailable
from capitalino.kit.errors import AppError, Forbidden
from capitalino.kit.ids import new_id
from capitalino.kit.tasks import Tasks
from capitalino.money import ASSETS, UNITS_MAX, Asset, Money, MoneyMixed
from capitalino.services.payments.domain.payments import (
    HISTORY,
    Conversion,
    Deposit,
    Quote,
    Side,
    State,
    Step,
    Wanted,
    price,
    rates,
)
from capitalino.services.payments.errors.payments import (
    AmountInvalid,
    AmountTooLarge,
    AmountTooSmall,
    AssetUnknown,
    NotPast,
    PairUnsupported,
    ReferenceTaken,
)
from capitalino.services.payments.service.deposits import Deposits
from capitalino.services.payments.service.driver import Driver
from capitalino.services.payments.store import conversions as conversion_store
from capitalino.services.payments.store import deposits as deposit_store
from capitalino.services.payments.store import history as store
from capitalino.services.payments.store import quotes as quote_store
from capitalino.services.payments.store import terms as terms_store

log = structlog.get_logger()
ANSWER_S = 1.8
"""A POST answers within two seconds with the state reached by then."""
DUE_S = 5.0
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PastDeposit:
    """Money that arrived before we kept the books."""

    investor_id: UUID
    asset: str
    amount: str
    reference: str
    at: datetime
    rail: Literal["crypto", "bank"]


@dataclass(frozen=True, slots=True)
class PastConversion:
    """An exchange that was made before we kept the books, at a middle price of its day."""

    investor_id: UUID
    pair: tuple[str, str]
    amount: str
    mid: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The payment that stands for it here, how far it is, and whether it was asked for before."""

    payment_id: UUID
    state: State
    reason: str | None
    is_repeat: bool


class History:
    """Takes over what happened before.

    It makes money that no venue has shown us, so it is closed unless a setting opens it, each time leaves a
    row in the audit log, and is never for oneself. It refuses what the books would refuse: nobody goes below
    zero in the past.
    """

    def __init__(
        self, db: Database, deposits: Deposits, driver: Driver, clock: Clock, *, is_open: bool
    ) -> None:
        self._db, self._deposits, self._driver, self._clock = db, deposits, driver, clock
        self._is_open = is_open
        self.tasks = Tasks()
        """A resource of the process."""

    async def deposit(self, own: UUID | None, key: idempotency.Key, past: PastDeposit) -> TakenOver:
        """Take over a deposit; for a repeat, its state. `own`: the investor of the login that asks."""
        self._check(own, past)
        new = Deposit(
            deposit_id=new_id(),
            investor_id=past.investor_id,
            money=_amount(past.amount, _asset(past.asset)),
            state=State.PENDING,
            venue=HISTORY,
            reference=past.reference,
            rail=past.rail,
            seen_at=self._clock.now(),
            effective_at=past.at,
        )
        async with self._db.begin() as tx:
            claimed = await idempotency.claim(tx, key, new.deposit_id)
            if claimed == new.deposit_id:
                if not await deposit_store.add(tx, new):
                    raise ReferenceTaken("This was taken over before.", reference=past.reference)
                details = {"investor_id": str(past.investor_id), "units": str(new.money.units)}
                details |= {"asset": past.asset, "at": past.at.isoformat()}
                who = str(key.principal)
                await audit.record(tx, who, "payments.deposit_taken_over", f"deposit:{claimed}", details)
        work = self._settle(new) if claimed == new.deposit_id else None
        return await self._reached("deposit", claimed, work)

    async def conversion(self, own: UUID | None, key: idempotency.Key, past: PastConversion) -> TakenOver:
        """Take over an exchange at the price of its day, without an order; for a repeat, its state."""
        self._check(own, past)
        conversion_id = new_id()
        quote = await self._quote(past, conversion_id)
        new = Conversion(
            conversion_id, past.investor_id, quote, State.PENDING, Step.BEGUN, past.at, effective_at=past.at
        )
        async with self._db.begin() as tx:
            claimed = await idempotency.claim(tx, key, conversion_id)
            if claimed == conversion_id:
                await quote_store.add(tx, quote, HISTORY, past.at)
                await conversion_store.add(tx, new, DUE_S)
                details = {"investor_id": str(past.investor_id), "units": str(quote.priced.taken.units)}
                details |= {"from": past.pair[0], "to": past.pair[1], "mid": f"{past.mid:f}"}
                details |= {"at": past.at.isoformat()}
                who, what = str(key.principal), f"conversion:{claimed}"
                await audit.record(tx, who, "payments.conversion_taken_over", what, details)
        work = self._driver.drive(claimed) if claimed == conversion_id else None
        return await self._reached("conversion", claimed, work)

    def _check(self, own: UUID | None, past: PastDeposit | PastConversion) -> None:
        if not self._is_open:
            raise Forbidden("Taking over history is switched off.")
        if own == past.investor_id:
            raise Forbidden("Nobody takes over history of their own.")
        if not EARLIEST <= past.at <= self._clock.now():
            raise NotPast("What is taken over lies in the past.", earliest=EARLIEST.isoformat())

    async def _reached(
        self, kind: store.Kind, payment_id: UUID, work: Coroutine[Any, Any, None] | None
    ) -> TakenOver:
        """Work on it, for as long as a caller waits, and say how far it is."""
        if work is not None:
            await self.tasks.run(work, within_s=ANSWER_S)
        try:
            async with self._db.begin() as tx:
                state, reason = await store.reached(tx, kind, payment_id)
        except StorageUnavailable:
            if work is None:
                raise
            state, reason = State.PENDING, None  # the intention is stored: a loop finishes it
        return TakenOver(payment_id, state, reason, is_repeat=work is None)

    async def _settle(self, deposit: Deposit) -> None:
        try:
            await self._deposits.settle(deposit)
        except AppError as error:  # a loop comes back to it; what the books refuse, it gives to people
            log.info("history.waits", deposit_id=str(deposit.deposit_id), refusal=error.code)

    async def _quote(self, past: PastConversion, conversion_id: UUID) -> Quote:
        taken, other = _asset(past.pair[0]), _asset(past.pair[1])
        if {taken.kind, other.kind} != {"crypto", "fiat"}:
            raise PairUnsupported("These two are not exchanged directly.", assets=list(past.pair))
        side: Side = "sell" if taken.kind == "crypto" else "buy"
        instrument = (taken.code, other.code) if side == "sell" else (other.code, taken.code)
        amount = _amount(past.amount, taken)
        async with self._db.begin() as tx:
            terms = (await terms_store.current(tx, *instrument)).terms
        priced = price(amount, other, Wanted.EXACT_IN, rates(past.mid, side, terms), terms)
        if priced.given.units <= 0:
            raise AmountTooSmall("It would bring nothing.")
        if priced.gross.units + priced.spread.units > UNITS_MAX:
            raise AmountTooLarge("It would bring more than can be counted.")
        return Quote(new_id(), past.investor_id, priced, instrument, side, past.at, conversion_id)


def _asset(code: str) -> Asset:
    if code not in ASSETS:
        raise AssetUnknown("We do not keep this asset.", asset=code)
    return ASSETS[code]


def _amount(text: str, asset: Asset) -> Money:
    try:
        money = Money.parse(text, asset)
    except MoneyMixed as error:
        raise AmountInvalid(str(error), asset=asset.code) from error
    if money.units <= 0:
        raise AmountInvalid("The amount must be more than nothing.", asset=asset.code)
    return money
