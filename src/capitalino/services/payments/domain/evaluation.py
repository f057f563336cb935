"""How a quote came about: the price and its sources, spread and fee, and what was rounded. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from capitalino.money import WIDE, Asset, Money
from capitalino.services.payments.domain.payments import Priced, Quote, Terms, Wanted
from capitalino.services.payments.domain.terms import ListedTerms

SHOWN = Decimal(1).scaleb(-18)
"""Amounts before rounding are kept to so many decimals of a unit."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """The market's price, as old as its sources are."""

    bid: Decimal
    ask: Decimal
    mid: Decimal
    at: datetime
    age_ms: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rounding:
    """One figure, before and after it was rounded, in units of its asset."""

    figure: str
    asset: str
    exact: Decimal
    units: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that a quote was made from. Written once, with the quote."""

    wanted: Wanted
    amount: Money
    price: Sourced
    listed: ListedTerms
    roundings: tuple[Rounding, ...]

    def document(self) -> Mapping[str, Any]:
        """As it is kept: figures as text."""
        return {
            "wanted": self.wanted.value,
            "amount": {"amount": self.amount.amount, "asset": self.amount.asset.code},
            "price": {
                "bid": f"{self.price.bid:f}",
                "ask": f"{self.price.ask:f}",
                "mid": f"{self.price.mid:f}",
                "at": self.price.at.isoformat(),
                "age_ms": self.price.age_ms,
            },
            "sources": [{"source": name, "age_ms": self.price.age_ms} for name in self.price.sources],
            "terms": {
                "terms_id": str(self.listed.terms_id),
                "base": self.listed.base,
                "quote": self.listed.quote,
                "valid_from": self.listed.valid_from.isoformat(),
                "spread": f"{self.listed.terms.spread:f}",
                "fee": f"{self.listed.terms.fee:f}",
            },
            "roundings": [
                {"figure": one.figure, "asset": one.asset, "exact": f"{one.exact:f}", "units": str(one.units)}
                for one in self.roundings
            ],
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """A quote as staff see it: with its sources, and how it came about where that was kept."""

    quote: Quote
    sources: tuple[str, ...]
    price_at: datetime
    created_at: datetime
    evaluation: Mapping[str, Any] | None


def roundings(amount: Money, to: Asset, wanted: Wanted, priced: Priced, terms: Terms) -> tuple[Rounding, ...]:
    """What `price` has rounded: exact in what is brought down and the fee up, exact out both up."""
    gross = priced.gross
    if wanted is Wanted.EXACT_IN:
        brought = WIDE.multiply(_in(amount, to), priced.rate)
        fee = WIDE.multiply(Decimal(gross.units), terms.fee)
        return _rounding("gross", brought, gross), _rounding("fee", fee, priced.fee)
    needed = WIDE.divide(Decimal(amount.units), 1 - terms.fee)
    taken = WIDE.multiply(_in(gross, to), WIDE.divide(Decimal(1), priced.rate))
    return _rounding("gross", needed, gross), _rounding("taken", taken, priced.taken)


def _in(money: Money, to: Asset) -> Decimal:
    """Its units, at the scale of another asset."""
    return WIDE.scaleb(Decimal(money.units), to.scale - money.asset.scale)


def _rounding(figure: str, exact: Decimal, money: Money) -> Rounding:
    return Rounding(figure, money.asset.code, exact.quantize(SHOWN, context=WIDE), money.units)
