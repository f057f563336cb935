"""What people may do with a payment in review, and what of it takes two of them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from capitalino.money import ASSETS, WIDE
from capitalino.services.payments.domain.payments import Attempt, Conversion, Deposit, State, Step


class Act(StrEnum):
    """What may be done with a payment in review."""

    TRY_AGAIN = "try_again"
    GIVE_BACK = "give_back"
    BOOK = "book"
    CREDIT = "credit"


FOUR_EYES = frozenset({Act.GIVE_BACK, Act.BOOK, Act.CREDIT})
"""Money moves otherwise than the machine would have moved it: one asks, another grants."""
GIVEN_BACK = "payments.given_back"
"""Why a conversion is refused whose money people have given back."""
ORDERING = frozenset({Step.BEGUN, Step.HELD})
"""From here the machine would send an order."""
BACK_FROM = frozenset({Step.BEGUN, Step.HELD, Step.SENT, Step.FILLED})
BOOKED_FROM = frozenset({Step.HELD, Step.SENT, Step.REFUSING})
FAR = 2
"""An order that is said to be executed at half or twice the quote's price is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class Fill:
    """What people have found at the venue: so much of the base against so much of the quote asset."""

    base_units: int
    quote_units: int


def acts(conversion: Conversion, attempts: Sequence[Attempt]) -> frozenset[Act]:
    """What its state, step and orders allow.

    Try again: the machine goes on from its step, unless it would order a second time what was executed late.
    Give back: not what is being given back already. Book: what has an order, and does not wait to be booked.
    """
    if conversion.state is not State.IN_REVIEW:
        return frozenset()
    step, allowed = conversion.step, set[Act]()
    if step not in ORDERING or not any(one.state == "late" for one in attempts):
        allowed.add(Act.TRY_AGAIN)
    if step in BACK_FROM:
        allowed.add(Act.GIVE_BACK)
    if step in BOOKED_FROM and attempts:
        allowed.add(Act.BOOK)
    return frozenset(allowed)


def deposit_acts(deposit: Deposit) -> frozenset[Act]:
    """The same for a deposit: what the books refused is tried again, what people must judge is credited."""
    if deposit.state is not State.IN_REVIEW:
        return frozenset()
    if deposit.investor_id is None or not (deposit.reason or "").startswith("ledger."):
        return frozenset({Act.CREDIT})
    return frozenset({Act.TRY_AGAIN})


def is_executed(attempt: Attempt) -> bool:
    """Whether the venue itself has told us what it has executed."""
    return attempt.state in ("filled", "late")


def is_plausible(conversion: Conversion, fill: Fill) -> bool:
    """Whether it can have been executed like this: no more than was ordered, near the quote's price."""
    if not 0 < fill.base_units <= conversion.quote.base_units().units or fill.quote_units <= 0:
        return False
    base, quoted = (ASSETS[code] for code in conversion.quote.instrument)
    got = WIDE.scaleb(Decimal(fill.quote_units), -quoted.scale)
    paid = WIDE.divide(got, WIDE.scaleb(Decimal(fill.base_units), -base.scale))
    offered = conversion.quote.price()
    return WIDE.divide(offered, Decimal(FAR)) <= paid <= WIDE.multiply(offered, Decimal(FAR))
