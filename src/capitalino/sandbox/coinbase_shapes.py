"""The shapes of Coinbase's answers."""

import sqlite3
from decimal import Decimal
from typing import Any
from uuid import UUID

from capitalino.sandbox.book import Level
from capitalino.sandbox.market import Market, in_ticks
from capitalino.sandbox.pairs import PAIRS, Pair, plain
from capitalino.sandbox.prices import Bar
from capitalino.sandbox.when import instant

OURS = UUID("c6e27c8a-39a4-4b4c-9d52-0c1d51b0a5c3")
"""From which the ids of accounts, addresses and orders are made: the same in every run."""
STATUSES = {
    "NEW": "OPEN",
    "PARTIALLY_FILLED": "OPEN",
    "FILLED": "FILLED",
    "CANCELED": "CANCELLED",
    "EXPIRED": "CANCELLED",
}
NAMES = {"BTC": "Bitcoin", "ETH": "Ethereum", "LTC": "Litecoin", "USDT": "Tether", "EUR": "Euro"}


def product_id(pair: Pair) -> str:
    """As Coinbase writes a pair."""
    return f"{pair.base}-{pair.quote}"


def listed_as(symbol: str) -> str:
    """The product of a pair's symbol."""
    return product_id(PAIRS[symbol])


def change(bar: Bar) -> str:
    """What a bar moved by, in percent."""
    return f"{Decimal(bar.close - bar.open) * 100 / bar.open:.14f}"


def product(market: Market, pair: Pair, now_ms: int) -> dict[str, Any]:
    """What is traded, by which rules, and what it did in a day. Its best prices are blank, as there."""
    bar, lot, tick = market.last_day(pair, now_ms), plain(pair.lot), plain(pair.tick)
    return {
        "product_id": product_id(pair),
        "price": plain(in_ticks(pair, bar.close)),
        "price_percentage_change_24h": change(bar),
        "volume_24h": plain(Decimal(bar.volume) / 1000),
        "volume_percentage_change_24h": "0",
        "base_increment": lot,
        "quote_increment": tick,
        "price_increment": tick,
        "quote_min_size": plain(pair.cost_min),
        "quote_max_size": "9000000",
        "base_min_size": lot,
        "base_max_size": plain(pair.quantity_max),
        "base_name": NAMES[pair.base],
        "quote_name": NAMES[pair.quote],
        "base_currency_id": pair.base,
        "quote_currency_id": pair.quote,
        "product_type": "SPOT",
        "product_venue": "CBE",
        "status": "online",
        **dict.fromkeys(("watched", "is_disabled", "new", "cancel_only", "limit_only"), False),
        **dict.fromkeys(("post_only", "trading_disabled", "auction_mode", "view_only"), False),
        **dict.fromkeys(("mid_market_price", "alias", "best_bid_price", "best_ask_price"), ""),
        "alias_to": [],
        "fcm_trading_session_details": None,
    }


def ticker(market: Market, pair: Pair, now_ms: int) -> dict[str, Any]:
    """The last trade with the best prices of its instant."""
    step = market.step(now_ms)
    book = market.book(pair, now_ms)
    return {
        "trades": [
            {
                "trade_id": str(step),
                "product_id": product_id(pair),
                "price": plain(market.price(pair, now_ms)),
                "size": plain(pair.lot * (1 + step * 2_654_435_761 % 997)),
                "time": instant(now_ms),
                "side": "BUY" if step % 2 else "SELL",
                "bid": "",
                "ask": "",
                "exchange": "coinbase",
            }
        ],
        "best_bid": plain(book.bids[0].price),
        "best_ask": plain(book.asks[0].price),
    }


def book(market: Market, pair: Pair, now_ms: int, limit: int) -> dict[str, Any]:
    """The best levels of both sides."""
    found = market.book(pair, now_ms)
    middle = (found.bids[0].price + found.asks[0].price) / 2
    return {
        "pricebook": {
            "product_id": product_id(pair),
            "bids": [_level(level) for level in found.bids[:limit]],
            "asks": [_level(level) for level in found.asks[:limit]],
            "time": instant(now_ms),
        },
        "last": plain(middle),
        "mid_market": plain(middle),
        "spread_absolute": plain(found.asks[0].price - found.bids[0].price),
    }


def _level(level: Level) -> dict[str, str]:
    return {"price": plain(level.price), "size": plain(level.quantity)}


def candle(pair: Pair, bar: Bar) -> dict[str, str]:
    """One bar."""
    prices = {name: plain(in_ticks(pair, getattr(bar, name))) for name in ("low", "high", "open", "close")}
    return {"start": str(bar.opened_ms // 1000), **prices, "volume": plain(Decimal(bar.volume) / 1000)}


def day(market: Market, pair: Pair, at_ms: int) -> dict[str, str]:
    """A ticker as the stream tells it."""
    bar, found = market.last_day(pair, at_ms), market.book(pair, at_ms)
    low, high = plain(in_ticks(pair, bar.low)), plain(in_ticks(pair, bar.high))
    return {
        "type": "ticker",
        "product_id": product_id(pair),
        "price": plain(in_ticks(pair, bar.close)),
        "volume_24_h": plain(Decimal(bar.volume) / 1000),
        "low_24_h": low,
        "high_24_h": high,
        "low_52_w": low,
        "high_52_w": high,
        "price_percent_chg_24_h": change(bar),
        "best_bid": plain(found.bids[0].price),
        "best_bid_quantity": plain(found.bids[0].quantity),
        "best_ask": plain(found.asks[0].price),
        "best_ask_quantity": plain(found.asks[0].quantity),
    }


def order_id(number: int) -> str:
    """The exchange's number of an order, in the form that Coinbase's have."""
    return str(UUID(int=OURS.int >> 64 << 64 | number))


def configuration(row: sqlite3.Row) -> dict[str, Any]:
    """What was ordered. The name says kind and time in force, as in `market_market_ioc`."""
    base, cost = Decimal(row["quantity"]), Decimal(row["quote_quantity"])
    if row["type"] == "MARKET":
        return {"market_market_ioc": {"quote_size": plain(cost)} if cost else {"base_size": plain(base)}}
    priced = {"base_size": plain(base), "limit_price": plain(Decimal(row["price"]))}
    if row["time_in_force"] == "GTC":
        return {"limit_limit_gtc": priced | {"post_only": False}}
    return {"sor_limit_ioc": priced}


def order(row: sqlite3.Row, fills: list[sqlite3.Row]) -> dict[str, Any]:
    """An order as it is looked up."""
    filled, value, asked = Decimal(row["executed"]), Decimal(row["executed_quote"]), Decimal(row["quantity"])
    fees = sum((Decimal(fill["fee"]) for fill in fills), Decimal(0))
    after = value + fees if row["side"] == "BUY" else value - fees
    return {
        "order_id": order_id(row["order_id"]),
        "product_id": listed_as(row["symbol"]),
        "user_id": str(OURS),
        "order_configuration": configuration(row),
        "side": row["side"],
        "client_order_id": row["client_order_id"],
        "status": STATUSES[row["status"]],
        "time_in_force": "GOOD_UNTIL_CANCELLED" if row["time_in_force"] == "GTC" else "IMMEDIATE_OR_CANCEL",
        "created_time": instant(row["created_ms"]),
        "completion_percentage": plain(filled * 100 / asked),
        "filled_size": plain(filled),
        "average_filled_price": plain(value / filled) if filled else "0",
        "fee": "",
        "number_of_fills": str(len(fills)),
        "filled_value": plain(value),
        "pending_cancel": False,
        "size_in_quote": bool(Decimal(row["quote_quantity"])),
        "total_fees": plain(fees),
        "size_inclusive_of_fees": False,
        "total_value_after_fees": plain(after) if filled else "0",
        "trigger_status": "INVALID_ORDER_TYPE",
        "order_type": row["type"],
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": row["status"] == "FILLED",
        "product_type": "SPOT",
        "reject_message": "",
        "cancel_message": "",
    }


def placed(row: sqlite3.Row) -> dict[str, Any]:
    """The answer to an order: which one it is, not what became of it."""
    found = order(row, [])
    names = ("order_id", "product_id", "side", "client_order_id")
    return {
        "success": True,
        "failure_reason": "UNKNOWN_FAILURE_REASON",
        "order_id": found["order_id"],
        "success_response": {name: found[name] for name in names},
        "order_configuration": found["order_configuration"],
    }


def fill(row: sqlite3.Row, part: sqlite3.Row) -> dict[str, Any]:
    """One fill of an order; its commission is in the quote asset."""
    return {
        "entry_id": f"{part['fill_id']:032x}",
        "trade_id": str(part["fill_id"]),
        "order_id": order_id(row["order_id"]),
        "trade_time": instant(part["at_ms"]),
        "trade_type": "FILL",
        "price": plain(Decimal(part["price"])),
        "size": plain(Decimal(part["quantity"])),
        "commission": plain(Decimal(part["fee"])),
        "product_id": listed_as(row["symbol"]),
        "sequence_timestamp": instant(part["at_ms"]),
        "liquidity_indicator": "MAKER" if part["is_maker"] else "TAKER",
        "size_in_quote": False,
        "user_id": str(OURS),
        "side": row["side"],
        "retail_portfolio_id": "",
    }
