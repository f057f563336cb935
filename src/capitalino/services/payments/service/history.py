"""History taken over from another system: past payments on their day, through the same ledger."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from capitalino.kit import idempotency
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.money import ASSETS, Asset, Money, MoneyMixed
from capitalino.services.payments.domain import (
    Conversion,
    Deposit,
    Quote,
    State,
    Step,
    Terms,
    Wanted,
    price,
    rates,
)
from capitalino.services.payments.errors import AmountInvalid, AssetUnknown, PairUnsupported
from capitalino.services.payments.service.deposits import Deposits
from capitalino.services.payments.service.driver import Driver
from capitalino.services.payments.store import conversions as conversion_store
from capitalino.services.payments.store import deposits as deposit_store
from capitalino.services.payments.store import quotes as quote_store

DUE_S = 5.0


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


class History:
    """Takes over what happened before.

    It refuses what the books would refuse: nobody goes below zero in the past.
    """

    def __init__(self, db: Database, driver: Driver, deposits: Deposits, terms: Terms, clock: Clock) -> None:
        self._db, self._driver, self._deposits, self._terms, self._clock = db, driver, deposits, terms, clock

    async def deposit(self, key: idempotency.Key, past: PastDeposit) -> UUID:
        """Book a past deposit; its id, the same for a repeat."""
        deposit_id = new_id()
        new = Deposit(
            deposit_id=deposit_id,
            investor_id=past.investor_id,
            money=_amount(past.amount, _asset(past.asset)),
            state=State.PENDING,
            venue=self._deposits.venue,
            reference=past.reference,
            rail=past.rail,
            seen_at=self._clock.now(),
            effective_at=past.at,
        )
        async with self._db.begin() as tx:
            claimed = await idempotency.claim(tx, key, deposit_id)
            if claimed == deposit_id:
                await deposit_store.add(tx, new)
            current = await deposit_store.get(tx, claimed)
        if current is not None and current.state is State.PENDING:
            await self._deposits.settle(current)
        return claimed

    async def conversion(self, key: idempotency.Key, past: PastConversion) -> UUID:
        """Book a past exchange at the price of its day; its id, the same for a repeat.

        No order is placed for it.
        """
        conversion_id = new_id()
        quote = self._quote(past, conversion_id)
        new = Conversion(
            conversion_id, past.investor_id, quote, State.PENDING, Step.BEGUN, past.at, effective_at=past.at
        )
        async with self._db.begin() as tx:
            claimed = await idempotency.claim(tx, key, conversion_id)
            if claimed == conversion_id:
                await quote_store.add(tx, quote, "history", past.at)
                await conversion_store.add(tx, new, DUE_S)
        await self._driver.drive(claimed)
        return claimed

    def _quote(self, past: PastConversion, conversion_id: UUID) -> Quote:
        taken, other = _asset(past.pair[0]), _asset(past.pair[1])
        if {taken.kind, other.kind} != {"crypto", "fiat"}:
            raise PairUnsupported("These two are not exchanged directly.", assets=list(past.pair))
        side: Literal["buy", "sell"] = "sell" if taken.kind == "crypto" else "buy"
        instrument = (taken.code, other.code) if side == "sell" else (other.code, taken.code)
        quoted = rates(past.mid, side, self._terms)
        priced = price(_amount(past.amount, taken), other, Wanted.EXACT_IN, quoted, self._terms)
        return Quote(new_id(), past.investor_id, priced, instrument, side, past.at, conversion_id)


def _asset(code: str) -> Asset:
    if code not in ASSETS:
        raise AssetUnknown("We do not keep this asset.", asset=code)
    return ASSETS[code]


def _amount(text: str, asset: Asset) -> Money:
    try:
        return Money.parse(text, asset)
    except MoneyMixed as error:
        raise AmountInvalid(str(error), asset=asset.code) from error
