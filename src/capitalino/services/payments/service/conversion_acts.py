"""What people do with a conversion in review. Each act is one move, from which the machine goes on by itself.

The move, who made it and why are one transaction; the ledger and the venue are only asked by the driver, from
the step that the move has written. So there is nothing to take up after a crash that the driver does not.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog

from capitalino.kit import audit, idempotency
from capitalino.kit.approvals import Approval
from capitalino.kit.db import Database, Tx
from capitalino.kit.ids import new_id
from capitalino.money import ASSETS, Asset, Money, MoneyMixed
from capitalino.services.payments.domain.payments import Attempt, Conversion, State, Step
from capitalino.services.payments.domain.review import (
    FOUR_EYES,
    GIVEN_BACK,
    Act,
    Fill,
    acts,
    is_executed,
    is_plausible,
)
from capitalino.services.payments.errors.staff import (
    ActNotPossible,
    FillInvalid,
    MovedOn,
    PaymentNotFound,
)
from capitalino.services.payments.service.asking import Asked, Asking, refuse_own
from capitalino.services.payments.service.books import Books
from capitalino.services.payments.store import conversions as store
from capitalino.services.payments.store.conversions import Move

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done; for booking, which order, and how it was executed where we were never told."""

    act: Act
    attempt: int | None = None
    base: str | None = None
    quoted: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Done at once, or what it waits for; whether this key was used before."""

    approval_id: UUID | None
    is_repeat: bool = False


class ConversionActs:
    """Does what the state allows; when two have said so, also what the machine would not have done."""

    def __init__(self, db: Database, asking: Asking, books: Books) -> None:
        self._db, self._asking, self._books = db, asking, books

    async def act(self, asked: Asked, conversion_id: UUID, wish: Wish) -> Done:
        """Do it, or ask for it."""
        known = await self._asking.known(asked)
        if known is not None:
            return _done(wish.act, known, is_repeat=True)
        async with self._db.begin() as tx:
            seen, payload = await _judged(tx, conversion_id, wish)
        refuse_own(asked.who, seen.investor_id)
        if wish.act in FOUR_EYES:
            number = await self._books.allow(wish.act, conversion_id, seen.entry_number)
            payload |= {"entry_number": number}
        object_id = new_id()
        async with self._db.begin() as tx:
            claimed = await idempotency.claim(tx, asked.claim, object_id)
            if claimed != object_id:
                return _done(wish.act, claimed, is_repeat=True)
            current = await _locked(tx, conversion_id)
            _same(current, payload)
            _check(wish.act, current, await store.attempts(tx, conversion_id))
            if wish.act in FOUR_EYES:
                await self._asking.ask(tx, asked, "conversion_act", payload, object_id)
            else:
                await _hand_back(tx, asked, current)
        return _done(wish.act, object_id)

    async def look(self, asked: Approval) -> None:
        """Whether the ledger still has it as it was when this was asked for."""
        payload = asked.payload
        conversion_id, act = UUID(payload["payment_id"]), Act(payload["act"])
        async with self._db.begin() as tx:
            seen = await _existing(tx, conversion_id)
        _same(seen, payload)
        if await self._books.allow(act, conversion_id, seen.entry_number) != payload["entry_number"]:
            raise _moved_on(conversion_id)

    async def carry_out(self, tx: Tx, granted: Approval, approved_by: UUID) -> None:
        """Move it, if it stands where it stood when this was asked for."""
        payload = granted.payload
        conversion_id, act = UUID(payload["payment_id"]), Act(payload["act"])
        current = await _locked(tx, conversion_id)
        _same(current, payload)
        _check(act, current, orders := await store.attempts(tx, conversion_id))
        if act is Act.GIVE_BACK:
            _alarm(conversion_id, orders)
            await store.set_aside(tx, conversion_id)
            await store.move(tx, conversion_id, (Move(Step.REFUSING, reason=GIVEN_BACK, is_due=True),))
        else:
            order = _order(orders, payload["attempt"])
            fill = Fill(int(payload["base_units"]), int(payload["quote_units"]))
            if is_executed(order) and fill != Fill(order.base_units, order.quote_units):
                raise _moved_on(conversion_id)  # the venue has told us since
            await _book(tx, conversion_id, order, fill, payload["entry_number"])
        details = {"approval": str(granted.approval_id), "asked_by": str(granted.asked_by)}
        action = f"payments.conversion_{act.value}"
        await audit.record(tx, str(approved_by), action, f"conversion:{conversion_id}", details)


async def _judged(tx: Tx, conversion_id: UUID, wish: Wish) -> tuple[Conversion, dict[str, Any]]:
    """As it stands, and what exactly is to be done with it; or why that cannot be."""
    seen, orders = await _existing(tx, conversion_id), await store.attempts(tx, conversion_id)
    _check(wish.act, seen, orders)
    payload: dict[str, Any] = {
        "payment_id": str(conversion_id),
        "investor_id": str(seen.investor_id),
        "act": wish.act.value,
        "seen": _mark(seen),
    }
    if wish.act is Act.BOOK:
        order = _order(orders, wish.attempt)
        fill = _fill(seen, order, wish)
        payload |= {"attempt": order.attempt, "client_order_id": order.client_order_id}
        payload |= {"base_units": str(fill.base_units), "quote_units": str(fill.quote_units)}
    elif (wish.attempt, wish.base, wish.quoted) != (None, None, None):
        raise FillInvalid("Only booking names an order.")
    return seen, payload


async def _hand_back(tx: Tx, asked: Asked, current: Conversion) -> None:
    # Being given back already, it says so at its end; what it was refused for first is in the log.
    reason = GIVEN_BACK if current.step is Step.REFUSING else None
    await store.move(tx, current.conversion_id, (Move(current.step, reason=reason, is_due=True),))
    subject = f"conversion:{current.conversion_id}"
    details = {"reason": asked.reason, "step": current.step.value}
    await audit.record(tx, str(asked.who.user_id), "payments.conversion_try_again", subject, details)


async def _book(tx: Tx, conversion_id: UUID, order: Attempt, fill: Fill, number: int) -> None:
    filled = replace(order, state="filled", base_units=fill.base_units, quote_units=fill.quote_units)
    await store.set_aside(tx, conversion_id, kept=order.attempt)
    await store.save_attempt(tx, conversion_id, filled)
    move = Move(Step.FILLED, entry_number=number, is_due=True)
    await store.move(tx, conversion_id, (move,))


def _alarm(conversion_id: UUID, orders: tuple[Attempt, ...]) -> None:
    """What was executed is on no books from here: treasury evens it out."""
    for order in orders:
        if is_executed(order):
            log.error("order.late", conversion_id=str(conversion_id), client_order_id=order.client_order_id)


def _fill(conversion: Conversion, order: Attempt, wish: Wish) -> Fill:
    """How it was executed: as the venue has told us, or else as people have found there."""
    if is_executed(order):
        if (wish.base, wish.quoted) != (None, None):
            raise FillInvalid("The venue has told us how this was executed.")
        return Fill(order.base_units, order.quote_units)
    base, quoted = (ASSETS[code] for code in conversion.quote.instrument)
    fill = Fill(_units(wish.base, base), _units(wish.quoted, quoted))
    if not is_plausible(conversion, fill):
        raise FillInvalid("The order cannot have been executed like this.")
    return fill


def _units(text: str | None, asset: Asset) -> int:
    try:
        return Money.parse(text or "", asset).units
    except MoneyMixed as error:
        raise FillInvalid("Say how much the venue has executed.", asset=asset.code) from error


def _order(orders: tuple[Attempt, ...], number: int | None) -> Attempt:
    found = next((one for one in orders if one.attempt == number), None)
    if found is None:
        raise FillInvalid("Name the order that was executed.", attempts=[one.attempt for one in orders])
    return found


def _check(act: Act, conversion: Conversion, orders: tuple[Attempt, ...]) -> None:
    allowed = acts(conversion, orders)
    if act not in allowed:
        raise ActNotPossible(
            "This cannot be done where it stands.",
            state=conversion.state.value,
            step=conversion.step.value,
            possible=sorted(one.value for one in allowed),
        )


def _mark(conversion: Conversion) -> list[Any]:
    step, attempt, number = conversion.mark
    return [step.value, attempt, number]


def _same(current: Conversion, payload: Any) -> None:
    if current.state is not State.IN_REVIEW or _mark(current) != payload["seen"]:
        raise _moved_on(current.conversion_id)


def _moved_on(conversion_id: UUID) -> MovedOn:
    return MovedOn("It has gone on since: look at it again.", conversion_id=str(conversion_id))


async def _existing(tx: Tx, conversion_id: UUID) -> Conversion:
    found = await store.get(tx, conversion_id)
    if found is None:
        raise PaymentNotFound("There is no such conversion.", conversion_id=str(conversion_id))
    return found


async def _locked(tx: Tx, conversion_id: UUID) -> Conversion:
    await store.lock(tx, conversion_id)  # and read in a statement of its own, that sees who was faster
    return await _existing(tx, conversion_id)


def _done(act: Act, object_id: UUID, *, is_repeat: bool = False) -> Done:
    return Done(object_id if act in FOUR_EYES else None, is_repeat)
