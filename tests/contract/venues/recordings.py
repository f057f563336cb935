"""Recorded answers of the exchanges, ccxt's clients that never ask anybody, and what both make of them."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from capitalino.venues import binance_client, coinbase_client, kraken_client
from capitalino.venues.port import (
    Candle,
    Deposit,
    Fill,
    Instrument,
    Level,
    Order,
    OrderState,
    Tick,
    Withdrawal,
)
from capitalino.venues.replies import millis
from capitalino.venues.settings import VenueSettings

FOLDER = Path(__file__).parent / "recorded"
VENUES = {
    "binance": binance_client.open_client,
    "coinbase": coinbase_client.open_client,
    "kraken": kraken_client.open_client,
}
ORDER_STATES = {
    OrderState.OPEN: "open",
    OrderState.FILLED: "closed",
    OrderState.CANCELLED: "canceled",
    OrderState.REFUSED: "rejected",
}
MONEY_STATES = {"pending": "pending", "credited": "ok", "sent": "ok", "refused": "failed"}
Figures = dict[str, Any]


class Socket:
    """The end of a stream at which nobody waits."""

    def resolve(self, *_told: Any) -> None:
        """Nobody is told."""


@cache
def recorded(venue: str) -> dict[str, Figures]:
    """All that was recorded of a venue."""
    found: dict[str, Figures] = json.loads((FOLDER / f"{venue}.json").read_text())
    return found


def answer(venue: str, name: str) -> Any:
    """One answer, read as ccxt's clients read it; round some of them is what every answer comes in."""
    told = recorded(venue)[name]["answer"]
    return told["result"] if venue == "kraken" and "result" in told else told


@cache
def client(venue: str) -> Any:
    """The client as we use it, with the markets that were recorded."""
    opened = VENUES[venue](VenueSettings())
    rules = answer(venue, "rules")
    if venue == "kraken":
        opened.set_markets(kraken_markets(rules | answer(venue, "older_rules")))
    elif venue == "coinbase":
        opened.set_markets([opened.parse_spot_market(row, {}) for row in rules["products"]])
    else:
        opened.set_markets([opened.parse_market(row) for row in rules["symbols"]])
    return opened


def kraken_markets(pairs: Figures) -> list[Figures]:
    """Kraken's markets, which ccxt parses only while it asks for them: here it is told them at once."""

    class Told(kraken_client.our_client()):  # type: ignore[misc]
        async def publicGetAssetPairs(self, _asked: Any) -> Figures:  # noqa: N802 - the name is ccxt's
            return {"error": [], "result": pairs}

    told = Told()
    told.number = str
    markets: list[Figures] = asyncio.run(told.fetch_markets())
    return markets


def agreed(ours: Figures, theirs: Mapping[str, Any]) -> set[str]:
    """The fields that both have, in which both must have the same."""
    both = {name for name in ours if theirs.get(name) is not None}
    figures = {name: Decimal(str(theirs[name])) for name in both if isinstance(ours[name], Decimal)}
    assert {name: ours[name] for name in both} == {name: theirs[name] for name in both} | figures
    return both


def ticker(tick: Tick) -> Figures:
    """In the words of ccxt, like all of these."""
    prices = {"bid": tick.bid, "ask": tick.ask, "last": tick.last, "open": tick.open_24h}
    return {"symbol": str(tick.pair), "timestamp": millis(tick.at)} | prices


def levels(side: Iterable[Level] | Iterable[tuple[Any, ...]]) -> list[tuple[Decimal, Decimal]]:
    """One side of a book: ours, a reply's or ccxt's."""
    rows = [(row.price, row.amount) if isinstance(row, Level) else row[:2] for row in side]
    return [(Decimal(str(price)), Decimal(str(amount))) for price, amount in rows]


def bars(rows: Iterable[Candle | list[Any]]) -> list[tuple[Decimal, ...]]:
    """Candles, oldest first: ours or ccxt's."""
    told = [
        [millis(row.at), row.open, row.high, row.low, row.close, row.volume]
        if isinstance(row, Candle)
        else row
        for row in rows
    ]
    return sorted(tuple(Decimal(str(figure)) for figure in row) for row in told)


def limits(rules: Instrument) -> Figures:
    """The rules of a pair."""
    most = {"amount_min": rules.amount_min, "amount_max": rules.amount_max, "cost_min": rules.cost_min}
    return {"symbol": str(rules.pair), "amount": rules.amount_step, "price": rules.price_step} | most


def their_limits(market: Figures) -> Figures:
    """The same of ccxt's, to which the most of any order and of a market order are two figures."""
    amount, cost = market["limits"]["amount"], market["limits"]["cost"]
    mosts = [amount["max"], market["limits"].get("market", {}).get("max")]
    most = {
        "amount_min": amount["min"],
        "amount_max": min((Decimal(told) for told in mosts if told), default=None),
    }
    steps = {"amount": market["precision"]["amount"], "price": market["precision"]["price"]}
    return {"symbol": market["symbol"], "cost_min": cost["min"]} | most | steps


def placed(order: Order) -> Figures:
    """An order."""
    names = {"id": order.venue_order_id, "clientOrderId": order.client_order_id, "symbol": str(order.pair)}
    figures = {"amount": order.amount, "filled": order.filled, "cost": order.cost, "average": order.average}
    state = {"status": ORDER_STATES[order.state], "side": order.side.value}
    return names | figures | state | {"timestamp": millis(order.at)}


def traded(fill: Fill) -> Figures:
    """A fill."""
    return {"price": fill.price, "amount": fill.amount, "fee": fill.fee, "fee_asset": fill.fee_asset}


def with_fee(theirs: Figures) -> Figures:
    """The fee of ccxt's trades and withdrawals lies one floor deeper."""
    fee = theirs["fee"] or {"cost": None, "currency": None}
    return theirs | {"fee": fee["cost"], "fee_asset": fee["currency"]}


def moved(money: Deposit | Withdrawal) -> Figures:
    """Money that came or went. Each has its own names for the networks."""
    names = {"currency": money.asset, "address": money.address, "tag": money.tag, "txid": money.chain_id}
    state = {"status": MONEY_STATES[money.state.value], "timestamp": millis(money.at), "amount": money.amount}
    if isinstance(money, Withdrawal):
        return names | state | {"id": money.venue_withdrawal_id, "fee": money.fee}
    return names | state | {"id": money.deposit_id}
