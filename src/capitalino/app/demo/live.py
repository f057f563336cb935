"""The end of the story, by the investor's own commands: coins that arrive, and exchanges with real orders."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from capitalino.app.demo.visitor import Refused, Visitor
from capitalino.app.stack.errors import CannotStart

RECEIVED = ("BTC", "0.02")
EXCHANGES = (("BTC", "EUR", "0.01"), ("EUR", "ETH", "150.00"))
WITHIN_S = 60.0
LOOK_S = 0.2
WAITING = ("pending", "unknown")


async def live(investor: Visitor, quotes: dict[str, str], keep: Callable[[], None]) -> None:
    """Go through it; what was done before an interruption is not done again."""
    await _receive(investor, *RECEIVED)
    for from_asset, to_asset, amount in EXCHANGES:
        order = {"from_asset": from_asset, "to_asset": to_asset, "amount": amount}
        done = await _exchange(investor, order, quotes, keep)
        if done["state"] != "settled":
            raise CannotStart(f"An exchange of the demo is {done['state']} ({done['reason']}).")


async def _receive(investor: Visitor, asset: str, amount: str) -> None:
    """Coins from outside, through the sandbox exchange."""
    if not await _arrived(investor):
        there = await investor.send("POST", "/api/v1/deposit-addresses", {"asset": asset})
        await investor.send_coins(asset, amount, there["address"], there["tag"])
    last = time.monotonic() + WITHIN_S
    while "settled" not in [one["state"] for one in await _arrived(investor)]:
        if time.monotonic() > last:
            raise CannotStart(f"{amount} {asset} did not arrive within {WITHIN_S:.0f} s: `capitalino logs`.")
        await asyncio.sleep(LOOK_S)


async def _arrived(investor: Visitor) -> list[Any]:
    deposits = await investor.send("GET", "/api/v1/deposits?limit=200")
    return [one for one in deposits if one["rail"] == "crypto"]


async def _exchange(
    investor: Visitor, order: dict[str, str], quotes: dict[str, str], keep: Callable[[], None]
) -> Any:
    """By a locked offer, which is written down first: whoever comes again asks for the same exchange."""
    name = f"{order['from_asset']} {order['to_asset']}"
    if name not in quotes:
        quotes[name] = (await investor.send("POST", "/api/v1/quotes", order))["quote_id"]
        keep()
    body = {"quote_id": quotes[name]}
    try:
        done = await investor.send("POST", "/api/v1/conversions", body, key=f"demo {quotes[name]}")
    except Refused as error:
        if error.code != "payments.quote_expired":
            raise
        del quotes[name]  # an interruption outlasted it
        return await _exchange(investor, order, quotes, keep)
    last = time.monotonic() + WITHIN_S
    while done["state"] in WAITING and time.monotonic() < last:
        await asyncio.sleep(LOOK_S)
        done = await investor.send("GET", f"/api/v1/conversions/{done['conversion_id']}")
    return done
