"""Quotes, conversions and deposits: what they are worth, and the states that they may pass through. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from capitalino.money import WIDE, Asset, Money, convert, share

RATE_PLACES = Decimal(1).scaleb(-18)
ATTEMPTS_MAX = 3
HOUSE = "liquidity:conversion"
INVENTORY = "inventory:conversion"
"""What the house has set apart to exchange from: it never goes below nothing."""
FEES = "fees:conversion:00"
SPREAD = "spread:conversion:00"
HISTORY = "history"
"""In the place of a venue: the systems that kept the books before us."""


class State(StrEnum):
    """How far a payment is. Only settled and refused are final."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    IN_REVIEW = "in_review"
    SETTLED = "settled"
    REFUSED = "refused"


NEXT: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.UNKNOWN, State.IN_REVIEW, State.SETTLED, State.REFUSED}),
    State.UNKNOWN: frozenset({State.PENDING, State.IN_REVIEW, State.SETTLED, State.REFUSED}),
    State.IN_REVIEW: frozenset({State.PENDING, State.SETTLED, State.REFUSED}),
    State.SETTLED: frozenset(),
    State.REFUSED: frozenset(),
}
FINAL = frozenset({State.SETTLED, State.REFUSED})
BEFORE: dict[State, frozenset[State]] = {
    after: frozenset(
        state for state in State if after in NEXT[state] or (state is after and state not in FINAL)
    )
    for after in State
}
"""The same table read backwards: where a payment may stand that moves to a state, or stays in it."""


class Step(StrEnum):
    """What a conversion has done last. Each is written before the next begins."""

    BEGUN = "begun"
    HELD = "held"
    SENT = "sent"
    FILLED = "filled"
    BOOKED = "booked"
    REFUSING = "refusing"
    RELEASED = "released"


class Wanted(StrEnum):
    """Which side of a quote the amount fixes."""

    EXACT_IN = "exact_in"
    EXACT_OUT = "exact_out"


Side = Literal["buy", "sell"]
Settlement = Literal["back_to_back", "inventory"]
"""With an order at a venue; or from what the house has, without any."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the house takes, as parts of one: 0.002 is 0.2 %."""

    spread: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Priced:
    """An exchange worked out to the unit: `gross` at `rate` splits into what the investor gets and the fee.

    `spread` is what the same exchange would have brought more at the middle of the market.
    """

    taken: Money
    given: Money
    fee: Money
    spread: Money
    rate: Decimal
    mid: Decimal

    @property
    def gross(self) -> Money:
        """Everything that the exchange brings at the rate."""
        return self.given + self.fee


def rates(mid: Decimal, side: Side, terms: Terms) -> tuple[Decimal, Decimal]:
    """`to` per one of `from`: ours and the middle's. Rounded down, which is towards the house."""
    if side == "sell":
        ours, middle = WIDE.multiply(mid, 1 - terms.spread), mid
    else:
        ours, middle = (
            WIDE.divide(Decimal(1), WIDE.multiply(mid, 1 + terms.spread)),
            WIDE.divide(Decimal(1), mid),
        )
    return _cut(ours), _cut(middle)


def price(amount: Money, to: Asset, wanted: Wanted, quoted: tuple[Decimal, Decimal], terms: Terms) -> Priced:
    """Work an exchange out.

    `amount` is in the asset that leaves (exact in) or arrives (exact out); `to` is the other.

    Exact in rounds what is given down, exact out rounds what is taken up.
    """
    rate, mid = quoted
    if wanted is Wanted.EXACT_IN:
        gross = convert(amount, rate, to)
        fee = share(gross, terms.fee, up=True)
        taken, given = amount, gross - fee
    else:
        gross_units = WIDE.divide(Decimal(amount.units), 1 - terms.fee)
        gross = Money(_up(gross_units), amount.asset)
        fee = gross - amount
        taken, given = convert(gross, WIDE.divide(Decimal(1), rate), to, up=True), amount
    spread = convert(taken, mid, gross.asset).units - gross.units
    return Priced(taken, given, fee, Money(max(spread, 0), gross.asset), rate, mid)


def _cut(rate: Decimal) -> Decimal:
    return rate.quantize(RATE_PLACES, ROUND_DOWN, WIDE)


def _up(units: Decimal) -> int:
    whole = int(units.to_integral_value(ROUND_DOWN, WIDE))
    return whole if whole == units else whole + 1


@dataclass(frozen=True, slots=True)
class Quote:
    """An offer to one investor, for one use, until it ends."""

    quote_id: UUID
    investor_id: UUID
    priced: Priced
    instrument: tuple[str, str]
    side: Side
    expires_at: datetime
    used_by: UUID | None = None

    @property
    def assets(self) -> tuple[str, str]:
        """What leaves and what arrives."""
        return self.priced.taken.asset.code, self.priced.given.asset.code

    def worth(self) -> Money:
        """The side that is in the instrument's quote asset, before fees."""
        return self.priced.gross if self.side == "sell" else self.priced.taken

    def base_units(self) -> Money:
        """What the venue is to buy or sell: the side of the exchange that is the instrument's base."""
        return self.priced.taken if self.side == "sell" else self.priced.gross

    def price(self) -> Decimal:
        """The middle price of the instrument that it was made from."""
        return self.priced.mid if self.side == "sell" else WIDE.divide(Decimal(1), self.priced.mid)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One order at a venue. `sent_at` is written before it is sent.

    `late`: it was executed when the conversion had already gone on without it.
    """

    attempt: int
    client_order_id: str
    venue: str
    sent_at: datetime
    state: Literal["sent", "filled", "never", "late"] = "sent"
    base_units: int = 0
    quote_units: int = 0
    wanted_units: int = 0
    """What was still to be ordered of the base when it was made; 0 in rows that are older than parts."""
    left_units: int = 0
    """What of it is left for another part, once this one is filled."""
    routing: Mapping[str, Any] | None = None
    """Why it went to this venue, as it is shown to staff."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """An exchange that an investor has ordered."""

    conversion_id: UUID
    investor_id: UUID
    quote: Quote
    state: State
    step: Step
    created_at: datetime
    attempt: Attempt | None = None
    settled_at: datetime | None = None
    reason: str | None = None
    tries: int = 0
    effective_at: datetime | None = None
    timeline: tuple[tuple[str, datetime], ...] = ()
    entry_number: int = 1
    moved_at: datetime | None = None
    """When it last came to another step or state."""
    fills: tuple[Attempt, ...] = ()
    """Its orders that were filled: what the books take."""
    settlement: Settlement = "back_to_back"

    @property
    def mark(self) -> tuple[Step, int, int]:
        """What tells whether another worker has brought it further: step, order, number of its entry."""
        return self.step, self.attempt.attempt if self.attempt else 0, self.entry_number


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money that arrives for an investor."""

    deposit_id: UUID
    investor_id: UUID | None
    money: Money
    state: State
    venue: str
    reference: str
    rail: str
    seen_at: datetime
    settled_at: datetime | None = None
    effective_at: datetime | None = None
    reason: str | None = None
    entry_number: int = 1


@dataclass(frozen=True, slots=True)
class DepositAddress:
    """Where an investor sends an asset; the tag says whose it is."""

    investor_id: UUID
    asset: Asset
    network: str
    address: str
    tag: str


def numbered(step: str, number: int) -> str:
    """The name of a step that is asked for anew, under another id: `entry`, `entry-2` …"""
    return step if number == 1 else f"{step}-{number}"


def cash(investor_id: UUID) -> str:
    """The ledger's address of an investor's money."""
    return f"investor:{investor_id}:cash"


def venue_account(venue: str) -> str:
    """The ledger's address of what we have at a venue; or of what was taken over from another system."""
    return "world:history" if venue == HISTORY else f"world:venue:{venue}"
