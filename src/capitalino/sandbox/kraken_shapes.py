"""The shapes of Kraken's answers."""

import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from capitalino.sandbox.binance_shapes import price, volume
from capitalino.sandbox.book import Level
from capitalino.sandbox.market import Market
from capitalino.sandbox.pace import DAY_MS
from capitalino.sandbox.pairs import PAIRS, TAKER_FEE, Pair, text
from capitalino.sandbox.prices import Bar

NAMES = {"BTC": "XXBT", "ETH": "XETH", "LTC": "XLTC", "EUR": "ZEUR"}
"""Kraken's own names of its first assets; later ones are called as everywhere."""
METHODS = {"BTC": "Bitcoin", "ETH": "Ether (Hex)", "LTC": "Litecoin", "USDT": "Tether USD (ERC20)"}
STATES = {
    "NEW": "open",
    "PARTIALLY_FILLED": "open",
    "FILLED": "closed",
    "CANCELED": "canceled",
    "EXPIRED": "canceled",
}


def altname(asset: str) -> str:
    """An asset as it stands in the name of a pair."""
    return "XBT" if asset == "BTC" else asset


def pair_altname(pair: Pair) -> str:
    """A pair, short."""
    return altname(pair.base) + altname(pair.quote)


def pair_name(pair: Pair) -> str:
    """A pair as its answers are named: of two old assets in full, else short."""
    if pair.base in NAMES and pair.quote in NAMES:
        return NAMES[pair.base] + NAMES[pair.quote]
    return pair_altname(pair)


def ws_name(pair: Pair) -> str:
    """A pair on the stream, where the second version uses everybody's names."""
    return f"{pair.base}/{pair.quote}"


ASSETS = {
    name: asset
    for asset in sorted({asset for pair in PAIRS.values() for asset in (pair.base, pair.quote)})
    for name in (NAMES.get(asset, asset), altname(asset), asset)
}
"""Every name under which an asset may be asked for."""
BY_NAME = {
    name: pair
    for pair in PAIRS.values()
    for name in (pair_name(pair), pair_altname(pair), ws_name(pair).replace("BTC", "XBT"))
}
"""Likewise of a pair."""
BY_WS_NAME = {ws_name(pair): pair for pair in PAIRS.values()}


def assets() -> dict[str, Any]:
    """What is kept."""
    return {
        NAMES.get(asset, asset): {
            "aclass": "currency",
            "altname": altname(asset),
            "decimals": 8,
            "display_decimals": 5,
            "status": "enabled",
        }
        for asset in dict.fromkeys(ASSETS.values())
    }


def asset_pair(pair: Pair) -> dict[str, Any]:
    """By which rules a pair is traded. Its steps are the engine's, which are coarser than Kraken's own."""
    fee = float(TAKER_FEE * 100)
    return {
        "altname": pair_altname(pair),
        "wsname": f"{altname(pair.base)}/{altname(pair.quote)}",
        "aclass_base": "currency",
        "base": NAMES.get(pair.base, pair.base),
        "aclass_quote": "currency",
        "quote": NAMES.get(pair.quote, pair.quote),
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": _decimals(pair.tick),
        "lot_decimals": _decimals(pair.lot),
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, fee]],
        "fees_maker": [[0, fee]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": str(pair.lot),
        "costmin": str(pair.cost_min),
        "tick_size": str(pair.tick),
        "status": "online",
    }


def _decimals(step: Decimal) -> int:
    exponent = step.as_tuple().exponent
    assert isinstance(exponent, int), "a step is finite"
    return -exponent


def ticker(market: Market, pair: Pair, at_ms: int) -> dict[str, Any]:
    """Best prices and the last one; what Kraken calls the opening price is that of midnight."""
    day, book = market.last_day(pair, at_ms), market.book(pair, at_ms)
    (today,) = market.bars(pair, "1d", at_ms // DAY_MS * DAY_MS, None, 1)
    return {
        "a": [text(book.asks[0].price), "1", text(book.asks[0].quantity)],
        "b": [text(book.bids[0].price), "1", text(book.bids[0].quantity)],
        "c": [price(pair, day.close), text(pair.lot * 100)],
        "v": [volume(today.volume), volume(day.volume)],
        "p": [_middle(pair, today), _middle(pair, day)],
        "t": [100, 2400],
        "l": [price(pair, today.low), price(pair, day.low)],
        "h": [price(pair, today.high), price(pair, day.high)],
        "o": price(pair, today.open),
    }


def _middle(pair: Pair, bar: Bar) -> str:
    return price(pair, (bar.high + bar.low) // 2)


def told(market: Market, pair: Pair, at_ms: int) -> dict[str, Any]:
    """The ticker of the stream: in numbers, and with the change of 24 hours."""
    day, book = market.last_day(pair, at_ms), market.book(pair, at_ms)
    last, opened = Decimal(price(pair, day.close)), Decimal(price(pair, day.open))
    return {
        "symbol": ws_name(pair),
        "bid": float(book.bids[0].price),
        "bid_qty": float(book.bids[0].quantity),
        "ask": float(book.asks[0].price),
        "ask_qty": float(book.asks[0].quantity),
        "last": float(last),
        "volume": float(volume(day.volume)),
        "vwap": float(_middle(pair, day)),
        "low": float(price(pair, day.low)),
        "high": float(price(pair, day.high)),
        "change": float(last - opened),
        "change_pct": float(round((last - opened) * 100 / opened, 2)),
    }


def bar(pair: Pair, bar: Bar) -> list[Any]:
    """One bar, as Kraken's array of eight."""
    prices = [price(pair, figure) for figure in (bar.open, bar.high, bar.low, bar.close)]
    return [bar.opened_ms // 1000, *prices, _middle(pair, bar), volume(bar.volume), 100]


def levels(side: Iterable[Level], at_ms: int) -> list[list[Any]]:
    """Price, quantity and time of each."""
    return [[text(level.price), text(level.quantity), at_ms // 1000] for level in side]


def txid(order_id: int) -> str:
    """Kraken's name of an order."""
    return f"OSANDB-{order_id // 10**6:05d}-{order_id % 10**6:06d}"


def trade_id(fill_id: int) -> str:
    """Kraken's name of a fill."""
    return f"TSANDB-{fill_id // 10**6:05d}-{fill_id % 10**6:06d}"


def number(name: str) -> int:
    """The number in either; nought, which nothing has, when it is none of ours."""
    parts = name.split("-")
    is_ours = len(parts) == 3 and parts[0] in {"OSANDB", "TSANDB"} and "".join(parts[1:]).isdecimal()
    return int(parts[1] + parts[2]) if is_ours else 0


def placed(row: sqlite3.Row, pair: Pair) -> dict[str, Any]:
    """What Kraken says to an order: its name, and nothing of what became of it."""
    return {"descr": {"order": _said(row, pair)}, "txid": [txid(row["order_id"])]}


def order(row: sqlite3.Row, pair: Pair, fills: list[sqlite3.Row], *, with_trades: bool) -> dict[str, Any]:
    """An order as it is listed."""
    executed, cost = Decimal(row["executed"]), Decimal(row["executed_quote"])
    trades = {"trades": [trade_id(fill["fill_id"]) for fill in fills]} if with_trades and fills else {}
    return {
        "refid": None,
        "userref": None,
        "cl_ord_id": row["client_order_id"],
        "status": STATES[row["status"]],
        "reason": None,
        "opentm": row["created_ms"] / 1000,
        "closetm": row["updated_ms"] / 1000,
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": pair_altname(pair),
            "type": row["side"].lower(),
            "ordertype": row["type"].lower(),
            "price": str(row["price"]),
            "price2": "0",
            "leverage": "none",
            "order": _said(row, pair),
            "close": "",
        },
        "vol": text(Decimal(row["quantity"])),
        "vol_exec": text(executed),
        "cost": text(cost),
        "fee": text(sum((Decimal(fill["fee"]) for fill in fills), Decimal(0))),
        "price": text(cost / executed if executed else Decimal(0)),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq",
        **trades,
    }


def _said(row: sqlite3.Row, pair: Pair) -> str:
    limit = f"limit {row['price']}" if row["type"] == "LIMIT" else "market"
    return f"{row['side'].lower()} {text(Decimal(row['quantity']))} {pair_altname(pair)} @ {limit}"


def trade(row: sqlite3.Row, pair: Pair, fill: sqlite3.Row) -> dict[str, Any]:
    """One fill of an order."""
    amount, at = Decimal(fill["quantity"]), Decimal(fill["price"])
    return {
        "ordertxid": txid(row["order_id"]),
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": pair_name(pair),
        "time": fill["at_ms"] / 1000,
        "type": row["side"].lower(),
        "ordertype": row["type"].lower(),
        "price": text(at),
        "cost": text(at * amount),
        "fee": text(Decimal(fill["fee"])),
        "vol": text(amount),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill["fill_id"],
        "maker": bool(fill["is_maker"]),
    }


def deposit(row: sqlite3.Row) -> dict[str, Any]:
    """One deposit in the list. Kraken tells no tag."""
    return {
        "method": METHODS[row["asset"]],
        "aclass": "currency",
        "asset": NAMES.get(row["asset"], row["asset"]),
        "refid": row["deposit_id"],
        "txid": row["txid"],
        "info": row["address"],
        "amount": row["amount"],
        "fee": "0.0000000000",
        "time": row["arrived_ms"] // 1000,
        "status": "Success" if row["credited"] else "Settled",
    }


def refid(withdrawal_id: int) -> str:
    """Kraken's name of a withdrawal."""
    return f"ASANDB-{withdrawal_id // 10**6:05d}-{withdrawal_id % 10**6:06d}"


def listed_address(row: sqlite3.Row) -> dict[str, Any]:
    """An address to which may be sent, by its name."""
    return {
        "address": row["address"],
        "asset": NAMES.get(row["asset"], row["asset"]),
        "method": METHODS[row["asset"]],
        "key": row["name"],
        "verified": True,
        **({"tag": row["tag"]} if row["tag"] else {}),
    }


def withdrawal(row: sqlite3.Row, *, is_sent: bool) -> dict[str, Any]:
    """One withdrawal in the list. The amount is what arrives; instead of a tag, the key's name is told."""
    return {
        "method": METHODS[row["asset"]],
        "network": METHODS[row["asset"]],
        "aclass": "currency",
        "asset": NAMES.get(row["asset"], row["asset"]),
        "refid": refid(row["withdrawal_id"]),
        "txid": row["txid"] if is_sent else None,
        "info": row["address"],
        "amount": f"{Decimal(row['amount']):.10f}",
        "fee": f"{Decimal(row['fee']):.10f}",
        "time": row["asked_ms"] // 1000,
        "status": "Failure" if row["refused"] else "Success" if is_sent else "Initial",
        "key": row["address_name"],
    }
