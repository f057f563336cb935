"""Two years of an investor's life, driven by the real price history: savings, plans, a profit taken."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from capitalino.app.demo.kept import Story
from capitalino.app.demo.visitor import Visitor
from capitalino.app.stack.errors import CannotStart

SAVED = "2000.00"
BUYS = {"BTC": ("200.00", 7), "ETH": ("250.00", 14), "LTC": ("100.00", 28)}
"""Every so many days, so much EUR goes into the asset."""
PROFIT = Decimal("0.15")
PROFIT_EVERY = 180
SETTLED_WITHIN_S = 30.0
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happened."""

    path: str
    key: str
    body: dict[str, Any]


async def take_over(
    operator: Visitor, investor_id: str, story: Story, told: Callable[[int, int], None]
) -> None:
    """Take the whole history over, oldest first, from where an earlier run was interrupted."""
    closes = {asset: await _closes(operator, asset, story.first_on) for asset in BUYS}
    acts = list(_acts(investor_id, closes, story.first_on, story.until_on))
    for done, act in enumerate(acts[story.acts_done :], story.acts_done + 1):
        await _settle(operator, act)
        story.acts_done = done
        told(done, len(acts))


async def _settle(operator: Visitor, act: Act) -> None:
    """Send it until it is settled: a repeat answers how far the first has come."""
    last = time.monotonic() + SETTLED_WITHIN_S
    while (found := await operator.send("POST", act.path, act.body, key=act.key))["state"] != "settled":
        if found["state"] not in ("pending", "unknown") or time.monotonic() > last:
            raise CannotStart(f"{act.key} is {found['state']} ({found['reason']}).")
        await asyncio.sleep(LOOK_S)


async def _closes(who: Visitor, asset: str, since: date) -> dict[str, Decimal]:
    found = {}
    path = f"/api/v1/candles?instrument={asset}/EUR&interval=1d&limit=1000&from={since:%Y-%m-%dT00:00:00Z}"
    for candle in await who.send("GET", path):
        found[candle["at"][:10]] = Decimal(candle["close"])
    return found


def _acts(investor_id: str, closes: dict[str, dict[str, Decimal]], first: date, until: date) -> Any:
    had = dict.fromkeys(BUYS, Decimal(0))
    for number in range((until - first).days):
        on = first + timedelta(days=number)
        at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
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
