"""Which venue an order goes to, and why: books walked for the amount, costs and success weighed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from itertools import permutations
from typing import Any

from capitalino.money import WIDE
from capitalino.services.payments.domain.payments import Side

SHOWN = Decimal(1).scaleb(-12)
"""Figures of an explanation are kept to so many decimals."""
ASSUMED = 20
"""So many orders are taken to have gone well before the first: one bad one is not the end of a venue."""
Levels = tuple[tuple[Decimal, Decimal], ...]
"""Price and amount, best first."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a venue takes: whole steps of the base asset between two bounds, worth at least `cost_min`."""

    step: Decimal
    least: Decimal
    most: Decimal
    cost_min: Decimal

    def fit(self, amount: Decimal, price: Decimal) -> Decimal:
        """The most of it that can be ordered; 0 where that is less than the venue takes."""
        steps = WIDE.divide(amount, self.step).to_integral_value(ROUND_DOWN)
        whole = min(WIDE.multiply(steps, self.step), self.most)
        return whole if whole >= self.least and WIDE.multiply(whole, price) >= self.cost_min else ZERO


@dataclass(frozen=True, slots=True)
class Demand:
    """What is to be bought or sold, and the middle price that it is held against."""

    side: Side
    amount: Decimal
    mid: Decimal

    @property
    def worth(self) -> Decimal:
        """At the middle price."""
        return WIDE.multiply(self.amount, self.mid)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a venue offers for it: the side of its book, its sizes, its fee, how well its orders go."""

    venue: str
    levels: Levels
    sizes: Sizes
    fee: Decimal
    success: Decimal


@dataclass(frozen=True, slots=True)
class Opinion:
    """How a venue was judged: what it would cost against the middle price; or why it was not asked."""

    venue: str
    why: str | None = None
    price: Decimal = ZERO
    """On average, without the fee."""
    fee: Decimal = ZERO
    cost: Decimal = ZERO
    """Fee included."""
    success: Decimal = ZERO
    score: Decimal = ZERO

    def document(self) -> Mapping[str, Any]:
        """As it is kept."""
        if self.why is not None:
            return {"venue": self.venue, "why": self.why}
        figures = {name: getattr(self, name) for name in ("price", "fee", "cost", "success", "score")}
        return {"venue": self.venue} | {name: _text(value) for name, value in figures.items()}


@dataclass(frozen=True, slots=True)
class Part:
    """So much of the base asset is ordered there."""

    venue: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Routing:
    """What was chosen: the parts, the larger one first; none: it is too little for any. And every opinion."""

    parts: tuple[Part, ...]
    opinions: tuple[Opinion, ...]
    saved: Decimal = ZERO
    """By splitting, against the best single venue."""

    @property
    def is_too_little(self) -> bool:
        """Whether the only thing in the way is its size."""
        return not self.parts and any(one.why == "too_little" for one in self.opinions)

    def document(self) -> Mapping[str, Any]:
        """As it is kept with the attempt: figures as text."""
        return {
            "parts": [{"venue": part.venue, "amount": _text(part.amount)} for part in self.parts],
            "saved": _text(self.saved),
            "venues": [one.document() for one in self.opinions],
        }


def success(well: int, badly: int) -> Decimal:
    """The share of orders that went well, as if some had gone well before."""
    return WIDE.divide(Decimal(well + ASSUMED), Decimal(well + badly + ASSUMED))


def walk(levels: Levels, amount: Decimal) -> Decimal | None:
    """What `amount` comes to, level by level, in the quote asset; None where the book is too thin for it."""
    left, total = amount, ZERO
    for price, offered in levels:
        taken = min(left, offered)
        total, left = WIDE.add(total, WIDE.multiply(taken, price)), WIDE.subtract(left, taken)
        if not left:
            return total
    return None


def judged(demand: Demand, offer: Offer) -> Opinion:
    """What a venue would cost for all of it."""
    whole = offer.sizes.fit(demand.amount, demand.mid)
    if not whole:
        return Opinion(offer.venue, "too_little")
    total = walk(offer.levels, whole)
    if total is None:
        return Opinion(offer.venue, "thin")
    price = WIDE.divide(total, whole)
    fee = WIDE.multiply(WIDE.multiply(price, demand.amount), offer.fee)
    worse = WIDE.subtract(demand.mid, price) if demand.side == "sell" else WIDE.subtract(price, demand.mid)
    cost = WIDE.add(WIDE.multiply(worse, demand.amount), fee)
    score = WIDE.multiply(offer.success, WIDE.subtract(demand.worth, cost))
    return Opinion(offer.venue, None, price, fee, cost, offer.success, score)


def route(
    demand: Demand,
    offers: Sequence[Offer],
    others: Sequence[Opinion] = (),
    *,
    split_from: Decimal | None = None,
) -> Routing:
    """The best of the offers, earlier ones before later ones that are as good.

    Split between two where that costs less by more than `split_from`, as a part of the worth; None: never.
    """
    opinions = tuple(judged(demand, offer) for offer in offers)
    best = max((one for one in opinions if one.why is None), key=lambda one: one.score, default=None)
    told = (*opinions, *others)
    two = _split_worth_it(demand, offers, opinions, best, split_from) if split_from is not None else None
    if two is not None:
        larger_first = sorted(two.parts, key=lambda part: -part.amount)
        return Routing(tuple(larger_first), told, ZERO if best is None else best.cost - two.cost)
    if best is None:
        return Routing((), told)
    sizes = next(offer.sizes for offer in offers if offer.venue == best.venue)
    return Routing((Part(best.venue, sizes.fit(demand.amount, demand.mid)),), told)


@dataclass(frozen=True, slots=True)
class _Split:
    parts: tuple[Part, Part]
    cost: Decimal
    score: Decimal


def _split_worth_it(
    demand: Demand,
    offers: Sequence[Offer],
    opinions: Sequence[Opinion],
    best: Opinion | None,
    split_from: Decimal,
) -> _Split | None:
    """The cheapest of all pairs of venues that can carry a part each, if it beats the best single one."""
    large_enough = {one.venue for one in opinions if one.why != "too_little"}
    able = [offer for offer in offers if offer.venue in large_enough and offer.levels]
    limit = None if best is None else best.cost - WIDE.multiply(split_from, demand.worth)
    if limit is not None and min((_at_best(demand, offer) for offer in able), default=limit) >= limit:
        return None  # the usual case: not even the best level of any book is so much cheaper
    found = [two for pair in permutations(able, 2) if (two := _split(demand, *pair)) is not None]
    two = min(found, key=lambda one: one.cost, default=None)
    if two is None or best is None or limit is None:
        return two
    return two if two.cost < limit and two.score > best.score else None


def _split(demand: Demand, one: Offer, other: Offer) -> _Split | None:
    """As much at the one as is cheaper there, in its steps, and the rest at the other."""
    first = one.sizes.fit(_cheaper_there(demand, one, other), demand.mid)
    rest = WIDE.subtract(demand.amount, first)
    second = other.sizes.fit(rest, demand.mid)
    if not first or not second:
        return None
    halves = ((one, first), (other, rest))
    opinions = [judged(Demand(demand.side, amount, demand.mid), offer) for offer, amount in halves]
    if any(opinion.why is not None for opinion in opinions):
        return None
    mine, its = opinions
    parts = (Part(one.venue, first), Part(other.venue, second))
    return _Split(parts, WIDE.add(mine.cost, its.cost), WIDE.add(mine.score, its.score))


def _cheaper_there(demand: Demand, one: Offer, other: Offer) -> Decimal:
    """How much of it goes to the one when both books are walked as if they were one, fees included."""
    sign = _sign(demand)
    both = [
        (sign * _with_fee(demand, offer, price), number, amount)
        for number, offer in enumerate((one, other))
        for price, amount in offer.levels
    ]
    left, mine = demand.amount, ZERO
    for _, number, amount in sorted(both):
        taken = min(left, amount)
        left = WIDE.subtract(left, taken)
        mine = WIDE.add(mine, taken) if number == 0 else mine
    return mine


def _at_best(demand: Demand, offer: Offer) -> Decimal:
    """What all of it would cost at the best level of a book: no walk is cheaper."""
    worse = WIDE.subtract(_with_fee(demand, offer, offer.levels[0][0]), demand.mid)
    return WIDE.multiply(_sign(demand) * worse, demand.amount)


def _with_fee(demand: Demand, offer: Offer, price: Decimal) -> Decimal:
    return WIDE.multiply(price, 1 + _sign(demand) * offer.fee)


def _sign(demand: Demand) -> int:
    """A higher price is worse for who buys, and better for who sells."""
    return -1 if demand.side == "sell" else 1


def _text(value: Decimal) -> str:
    return f"{value.quantize(SHOWN, context=WIDE).normalize(WIDE):f}"
