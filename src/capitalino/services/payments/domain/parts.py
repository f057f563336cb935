"""A conversion is ordered in one part or in two, one after the other: what is still to be ordered. Pure."""

from collections.abc import Sequence

from capitalino.services.payments.domain.payments import Attempt, Quote


def to_order(quote: Quote, orders: Sequence[Attempt]) -> int:
    """How many units of the base are still to be ordered: all, or what the parts so far have left."""
    if not orders:
        return quote.base_units().units
    last = orders[-1]
    if last.state == "filled":
        return last.left_units
    return last.wanted_units or quote.base_units().units


def failures(orders: Sequence[Attempt]) -> int:
    """How many orders have failed since one was filled, or since the beginning."""
    since = max((number for number, one in enumerate(orders, 1) if one.state == "filled"), default=0)
    return sum(one.state == "never" for one in orders[since:])


def spent(orders: Sequence[Attempt]) -> frozenset[str]:
    """Venues that come last for what is still to be ordered: they have said no, or were used for a part."""
    return frozenset(one.venue for one in orders)
