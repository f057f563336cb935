"""What is held is worth: now, a day ago, and at the end of every day before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from capitalino.money import WIDE, Asset, Money, convert
from capitalino.services.analytics.domain.movements import DayMove
from capitalino.services.analytics.domain.prices import DAY, Close, Prices, Rates

RATIO = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Point:
    """The value at the end of a day. `invested` is None where the price of what was paid in is not known."""

    on: date
    value: Money
    invested: Money | None


@dataclass(frozen=True, slots=True)
class Holding:
    """What an investor has of an asset. No price: no value, and no share."""

    money: Money
    price: Decimal | None
    value: Money | None
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Worth:
    """All holdings together. `value` is None when a price is missing: part of the truth would be none."""

    holdings: list[Holding]
    value: Money | None
    change: tuple[Money, Decimal | None] | None
    as_of: datetime


def appraise(held: Sequence[Money], base: Asset, prices: Prices, now: datetime) -> Worth:
    """What is held is worth now, and by how much the same was worth less (or more) a day ago."""
    rates = [prices.now(one.asset.code, base.code) for one in held]
    values = [
        None if rate is None else convert(one, rate, base) for one, rate in zip(held, rates, strict=True)
    ]
    total = _sum(values, base)
    holdings = [
        Holding(one, rate, value, _ratio(value, total))
        for one, rate, value in zip(held, rates, values, strict=True)
    ]
    before = _sum([_then(one, base, prices) for one in held], base)
    change = None
    if total is not None and before is not None:
        gained = total - before
        change = gained, _ratio(gained, before)
    as_of = prices.oldest({one.asset.code for one in held} - {base.code}, now)
    return Worth(holdings, total, change, as_of)


def _then(one: Money, base: Asset, prices: Prices) -> Money | None:
    rate = prices.then(one.asset.code, base.code)
    return None if rate is None else convert(one, rate, base)


def _sum(values: Sequence[Money | None], base: Asset) -> Money | None:
    known = [value.units for value in values if value is not None]
    return Money(sum(known), base) if len(known) == len(values) else None


def _ratio(part: Money | None, whole: Money | None) -> Decimal | None:
    if part is None or whole is None or whole.units == 0:
        return None
    return WIDE.divide(Decimal(part.units), Decimal(whole.units)).quantize(RATIO)


def history(
    moves: Sequence[DayMove],
    closes: Sequence[Close],
    assets: Mapping[str, Asset],
    base: Asset,
    until: date,
) -> list[Point]:
    """The value of each day from the first movement on. A day without a close carries the last one.

    A day on which something was held whose price was never known by then has no point.
    """
    if not moves:
        return []
    of_day: dict[date, list[DayMove]] = {}
    for move in moves:
        of_day.setdefault(move.day, []).append(move)
    coming = sorted(closes, key=lambda close: close.day)
    rates, held, next_close = Rates(), dict[str, int](), 0
    invested: Money | None = Money(0, base)
    points: list[Point] = []
    day = min(of_day)
    while day <= until:
        while next_close < len(coming) and coming[next_close].day <= day:
            rates.learn(coming[next_close].pair, coming[next_close].rate)
            next_close += 1
        for move in of_day.get(day, ()):
            held[move.asset] = held.get(move.asset, 0) + move.moved
            invested = _paid_in(invested, move, assets, base, rates)
        value = _worth(held, assets, base, rates)
        if value is not None:
            points.append(Point(day, value, invested))
        day += DAY
    return points


def paid_in(
    moves: Sequence[DayMove], closes: Sequence[Close], assets: Mapping[str, Asset], base: Asset
) -> Money | None:
    """What came from outside less what went there, each at the price of its day; None if one is unknown."""
    coming = sorted(closes, key=lambda close: close.day, reverse=True)
    rates, so_far = Rates(), Money(0, base)
    for move in sorted(moves, key=lambda move: move.day):
        while coming and coming[-1].day <= move.day:
            close = coming.pop()
            rates.learn(close.pair, close.rate)
        known = _paid_in(so_far, move, assets, base, rates)
        if known is None:
            return None
        so_far = known
    return so_far


def _paid_in(
    so_far: Money | None, move: DayMove, assets: Mapping[str, Asset], base: Asset, rates: Rates
) -> Money | None:
    if so_far is None or not move.flowed:
        return so_far
    rate = rates.find(move.asset, base.code)
    return None if rate is None else so_far + convert(Money(move.flowed, assets[move.asset]), rate, base)


def _worth(held: Mapping[str, int], assets: Mapping[str, Asset], base: Asset, rates: Rates) -> Money | None:
    total = 0
    for code, units in held.items():
        if not units:
            continue
        rate = rates.find(code, base.code)
        if rate is None:
            return None
        total += convert(Money(units, assets[code]), rate, base).units
    return Money(total, base)
