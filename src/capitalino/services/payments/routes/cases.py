"""How staff see a payment that waits for them, and a quote with all that it was made from."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from capitalino.contracts.money_wire import MoneyOut
from capitalino.kit.message import Rate
from capitalino.money import ASSETS, Money
from capitalino.services.payments.domain.evaluation import Kept
from capitalino.services.payments.domain.payments import Attempt
from capitalino.services.payments.domain.review import Act
from capitalino.services.payments.routes.shapes import DoneOut, PaymentState, SourceOut, WaitingOut
from capitalino.services.payments.service.books import Word
from capitalino.services.payments.service.queue import Around, ConversionCase, DepositCase


class KeptQuoteOut(BaseModel):
    """A quote with its price and sources. `evaluation` is how it came about; null for older ones."""

    model_config = ConfigDict(populate_by_name=True)

    quote_id: UUID
    investor_id: UUID
    conversion_id: UUID | None
    base: str
    quote: str
    side: Literal["buy", "sell"]
    from_: Annotated[MoneyOut, Field(alias="from")]
    to: MoneyOut
    fee: MoneyOut
    spread: MoneyOut
    rate: Rate
    mid: Rate
    price_at: datetime
    sources: list[SourceOut]
    created_at: datetime
    expires_at: datetime
    evaluation: dict[str, Any] | None

    @classmethod
    def of(cls, kept: Kept) -> Self:
        """From what was kept."""
        quote, priced, told = kept.quote, kept.quote.priced, kept.evaluation
        old = [{"source": name, "age_ms": None} for name in kept.sources]
        return cls(
            quote_id=quote.quote_id,
            investor_id=quote.investor_id,
            conversion_id=quote.used_by,
            base=quote.instrument[0],
            quote=quote.instrument[1],
            side=quote.side,
            from_=MoneyOut.of(priced.taken),
            to=MoneyOut.of(priced.given),
            fee=MoneyOut.of(priced.fee),
            spread=MoneyOut.of(priced.spread),
            rate=priced.rate,
            mid=priced.mid,
            price_at=kept.price_at,
            sources=[SourceOut(**one) for one in (told["sources"] if told else old)],
            created_at=kept.created_at,
            expires_at=quote.expires_at,
            evaluation=dict(told) if told else None,
        )


class AttemptOut(BaseModel):
    """One order at a venue, and why it went there. `late`: executed, and on no books."""

    attempt: int
    client_order_id: str
    venue: str
    sent_at: datetime
    state: Literal["sent", "filled", "never", "late"]
    base: MoneyOut
    quote: MoneyOut
    routing: dict[str, Any] | None

    @classmethod
    def of(cls, one: Attempt, instrument: tuple[str, str]) -> Self:
        """From the domain."""
        base, quoted = (ASSETS[code] for code in instrument)
        return cls(
            attempt=one.attempt,
            client_order_id=one.client_order_id,
            venue=one.venue,
            sent_at=one.sent_at,
            state=one.state,
            base=MoneyOut.of(Money(one.base_units, base)),
            quote=MoneyOut.of(Money(one.quote_units, quoted)),
            routing=None if one.routing is None else dict(one.routing),
        )


class WordOut(BaseModel):
    """What the ledger says of an id: null where it has never seen it, `not_answered` while it is away."""

    what: Literal["hold", "entry", "release"]
    number: int
    entry_id: UUID
    state: Literal["accepted", "refused", "not_answered"] | None
    code: str | None
    recorded_at: datetime | None


class NotedOut(BaseModel):
    """One step or state that was noted."""

    step: str
    state: str | None
    at: datetime


class ConversionCaseOut(BaseModel):
    """A conversion, and all that there is to know about it. `acts`: what may be done with it now."""

    conversion_id: UUID
    investor_id: UUID
    state: PaymentState
    step: str
    reason: str | None
    settlement: Literal["back_to_back", "inventory"]
    tries: int
    due_at: datetime
    created_at: datetime
    settled_at: datetime | None
    attempts: list[AttemptOut]
    timeline: list[NotedOut]
    ledger: list[WordOut]
    quote: KeptQuoteOut
    acts: list[Act]
    asked: list[WaitingOut]
    done: list[DoneOut]

    @classmethod
    def of(cls, case: ConversionCase) -> Self:
        """From the service."""
        one = case.conversion
        return cls(
            conversion_id=one.conversion_id,
            investor_id=one.investor_id,
            state=one.state.value,
            step=one.step.value,
            reason=one.reason,
            settlement=one.settlement,
            tries=one.tries,
            due_at=case.due_at,
            created_at=one.created_at,
            settled_at=one.settled_at,
            attempts=[AttemptOut.of(each, one.quote.instrument) for each in case.attempts],
            timeline=[NotedOut(step=step, state=state, at=at) for step, state, at in case.timeline],
            ledger=_words(case.ledger),
            quote=KeptQuoteOut.of(case.quote),
            acts=sorted(case.acts),
            asked=_asked(case.around),
            done=_done(case.around),
        )


class DepositCaseOut(BaseModel):
    """A deposit, and all that there is to know about it. `acts`: what may be done with it now."""

    deposit_id: UUID
    investor_id: UUID | None
    amount: MoneyOut
    state: PaymentState
    reason: str | None
    venue: str
    reference: str
    rail: str
    seen_at: datetime
    settled_at: datetime | None
    ledger: list[WordOut]
    acts: list[Act]
    asked: list[WaitingOut]
    done: list[DoneOut]

    @classmethod
    def of(cls, case: DepositCase) -> Self:
        """From the service."""
        one = case.deposit
        return cls(
            deposit_id=one.deposit_id,
            investor_id=one.investor_id,
            amount=MoneyOut.of(one.money),
            state=one.state.value,
            reason=one.reason,
            venue=one.venue,
            reference=one.reference,
            rail=one.rail,
            seen_at=one.seen_at,
            settled_at=one.settled_at,
            ledger=_words(case.ledger),
            acts=sorted(case.acts),
            asked=_asked(case.around),
            done=_done(case.around),
        )


def _words(words: Sequence[Word]) -> list[WordOut]:
    return [
        WordOut(
            what=one.what,
            number=one.number,
            entry_id=one.entry_id,
            state=one.state,
            code=one.code,
            recorded_at=one.recorded_at,
        )
        for one in words
    ]


def _asked(around: Around) -> list[WaitingOut]:
    return [
        WaitingOut(
            approval_id=one.approval_id,
            act=one.payload["act"],
            asked_by=one.asked_by,
            asked_at=one.asked_at,
            reason=one.payload["reason"],
        )
        for one in around.asked
    ]


def _done(around: Around) -> list[DoneOut]:
    return [
        DoneOut(at=one.at, by=one.principal, action=one.action, details=json.loads(one.details))
        for one in around.done
    ]
