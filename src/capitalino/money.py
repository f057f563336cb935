"""Money as whole units of an asset's smallest part. Pure: no I/O, nothing from the package, never a float."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_UP,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
)
from typing import Self

# Enough for 38 digits of units times a rate of 20: nothing is rounded in silence.
EXACT = Context(prec=80, traps=[InvalidOperation, Inexact])
WIDE = Context(prec=80, traps=[InvalidOperation])
AMOUNT = re.compile(r"-?\d{1,38}(\.\d{1,30})?\Z", re.ASCII)
UNITS_MAX = 10**38 - 1
"""What `numeric(38,0)` holds."""


class MoneyMixed(ValueError):
    """Two assets were mixed, or a text is no amount of its asset."""


@dataclass(frozen=True, slots=True)
class Asset:
    """Something countable: EUR has scale 2, BTC scale 8. A code is never reused, a scale never changes."""

    code: str
    scale: int
    kind: str = "fiat"

    def __str__(self) -> str:
        return self.code


FIAT = (Asset("EUR", 2), Asset("USD", 2), Asset("GBP", 2), Asset("IRR", 2))
CRYPTO = (
    Asset("BTC", 8, "crypto"),
    Asset("ETH", 18, "crypto"),
    Asset("LTC", 8, "crypto"),
    Asset("USDT", 6, "crypto"),
)
ASSETS = {asset.code: asset for asset in (*FIAT, *CRYPTO)}
"""The assets that ship. The ledger keeps them as rows; this is what seeds them."""


def asset(code: str) -> Asset:
    """The asset of `code`; MoneyMixed for an unknown one."""
    try:
        return ASSETS[code]
    except KeyError:
        raise MoneyMixed(f"{code!r} is not an asset that we keep") from None


@dataclass(frozen=True, slots=True)
class Money:
    """`units` of the smallest part: 12.34 EUR is `Money(1234, EUR)`."""

    units: int
    asset: Asset

    @classmethod
    def parse(cls, text: str, asset: Asset) -> Self:
        """From a plain decimal text such as `"12.34"`; too many decimals are refused, not rounded."""
        if not AMOUNT.match(text):
            raise MoneyMixed(f"{text!r} is not a decimal amount")
        exact = EXACT.scaleb(EXACT.create_decimal(text), asset.scale)
        if exact != exact.to_integral_value() or exact.copy_abs() > UNITS_MAX:
            raise MoneyMixed(f"{text} does not fit the {asset.scale} decimals of {asset.code}")
        return cls(int(exact), asset)

    @property
    def amount(self) -> str:
        """The plain decimal text with all decimals of the asset: `"12.30"`."""
        return f"{EXACT.scaleb(Decimal(self.units), -self.asset.scale):f}"

    def __add__(self, other: Self) -> Self:
        return type(self)(self.units + self._same(other), self.asset)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.units - self._same(other), self.asset)

    def __str__(self) -> str:
        return f"{self.amount} {self.asset.code}"

    def _same(self, other: Self) -> int:
        if other.asset != self.asset:
            raise MoneyMixed(f"cannot mix {self.asset.code} and {other.asset.code}")
        return other.units


def convert(money: Money, rate: Decimal, to: Asset, *, up: bool = False) -> Money:
    """Exchange at `rate` (`to` per one of `money.asset`).

    Rounds down; `up` rounds up, for what the investor owes.
    """
    exact = WIDE.multiply(WIDE.scaleb(Decimal(money.units), to.scale - money.asset.scale), rate)
    return Money(int(exact.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)), to)


def share(money: Money, part: Decimal, *, up: bool = False) -> Money:
    """`part` of the money (0.002 is 0.2 %), rounded towards zero, or away from it with `up`."""
    exact = WIDE.multiply(Decimal(money.units), part)
    return Money(int(exact.to_integral_value(ROUND_UP if up else ROUND_DOWN)), money.asset)


def split(money: Money, weights: Sequence[int]) -> list[Money]:
    """Divide without losing a unit, by largest remainder; the earlier of equals gets the odd unit."""
    assert money.units >= 0, "only a positive amount is split"
    total = sum(weights)
    assert total > 0, "weights add up to more than nothing"
    shares = [money.units * weight // total for weight in weights]
    rest = sorted(range(len(weights)), key=lambda i: (-(money.units * weights[i] % total), i))
    for i in rest[: money.units - sum(shares)]:
        shares[i] += 1
    return [Money(units, money.asset) for units in shares]
