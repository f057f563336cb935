"""Two years of an investor's life, driven by the real price history: savings, plans, a profit taken."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from capitalino.app.demo.visitor import Refused, Visitor

DAYS = 730
SAVED = "2000.00"
BUYS = {"BTC": ("200.00", 7), "ETH": ("250.00", 14), "LTC": ("100.00", 28)}
"""Every so many days, so much EUR goes into the asset."""
PROFIT = Decimal("0.15")
PROFIT_EVERY = 180


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happened."""

    path: str
    key: str
    body: dict[str, Any]


async def take_over(operator: Visitor, investor_id: str, told: Callable[[int, int], None]) -> None:
    """Take the whole history over, oldest first. What was taken over before stays as it is."""
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    first_day = past_begin(today)
    closes = {asset: await _closes(operator, asset, first_day) for asset in BUYS}
    acts = list(_acts(investor_id, closes, first_day, today))
    for done, act in enumerate(acts, 1):
        try:
            await operator.send("POST", act.path, act.body, key=act.key)
        except Refused as error:
            if error.code != "idempotency_key_reused":  # told before, when the recording stood a day earlier
                raise
        told(done, len(acts))


def past_begin(today: datetime) -> datetime:
    """The first day, about two years ago: the same for a quarter, so that a second run finds its own acts."""
    begin = today - timedelta(days=DAYS)
    return begin - timedelta(days=begin.toordinal() % 91)


async def _closes(who: Visitor, asset: str, since: datetime) -> dict[str, Decimal]:
    found = {}
    path = f"/api/v1/candles?instrument={asset}/EUR&interval=1d&limit=1000&from={since:%Y-%m-%dT00:00:00Z}"
    for candle in await who.send("GET", path):
        found[candle["at"][:10]] = Decimal(candle["close"])
    return found


def _acts(investor_id: str, closes: dict[str, dict[str, Decimal]], first: datetime, today: datetime) -> Any:
    had = dict.fromkeys(BUYS, Decimal(0))
    for number in range((today - first).days):
        at = first + timedelta(days=number)
        day = f"{at:%Y-%m-%d}"
        if number % 30 == 0:
            yield _deposit(investor_id, at, day)
        for asset, (euros, every) in BUYS.items():
            close = closes[asset].get(day)
            if close is None:
                continue
            if number % every == 1:
                had[asset] += Decimal(euros) / close * Decimal("0.99")
                yield _exchange(investor_id, ("EUR", asset), euros, close, at)
            if number and number % PROFIT_EVERY == 0:
                sold = (had[asset] * PROFIT).quantize(Decimal("0.00001"), ROUND_DOWN)
                had[asset] -= sold
                yield _exchange(investor_id, (asset, "EUR"), str(sold), close, at)


def _deposit(investor_id: str, at: datetime, day: str) -> Act:
    body = {
        "investor_id": investor_id,
        "asset": "EUR",
        "amount": SAVED,
        "reference": f"salary {investor_id} {day}",
        "at": at.isoformat(),
        "rail": "bank",
    }
    return Act("/api/v1/admin/payments/past-deposits", f"{investor_id} deposit {day}", body)


def _exchange(investor_id: str, pair: tuple[str, str], amount: str, mid: Decimal, at: datetime) -> Act:
    body = {
        "investor_id": investor_id,
        "from_asset": pair[0],
        "to_asset": pair[1],
        "amount": amount,
        "mid": str(mid),
        "at": (at + timedelta(hours=1)).isoformat(),
    }
    key = f"{investor_id} exchange {pair[0]} {pair[1]} {at:%Y-%m-%d}"
    return Act("/api/v1/admin/payments/past-conversions", key, body)
