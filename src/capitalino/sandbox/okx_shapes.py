"""The shapes of OKX's answers."""

import sqlite3
from decimal import Decimal
from typing import Any

from capitalino.sandbox.binance_shapes import day_ticker, price, quote_volume, volume
from capitalino.sandbox.book import Level
from capitalino.sandbox.market import Market
from capitalino.sandbox.pairs import Network, Pair, plain
from capitalino.sandbox.prices import Bar

STATES = {
    "NEW": "live",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "EXPIRED": "canceled",
}
CHAINS = {"BTC": "Bitcoin", "ETH": "ERC20", "LTC": "Litecoin"}
WAITING, SUCCESSFUL = "0", "2"
MOST_USDT = "1000000"


def instrument_id(pair: Pair) -> str:
    """A pair as OKX writes it."""
    return f"{pair.base}-{pair.quote}"


def instrument(pair: Pair, listed_ms: int) -> dict[str, Any]:
    """What is traded, and by which rules. The fields that are empty belong to other kinds of instruments."""
    others = ("alias", "ctMult", "ctType", "ctVal", "ctValCcy", "expTime", "instFamily", "optType", "stk")
    return {
        **dict.fromkeys((*others, "settleCcy", "uly"), ""),
        "instType": "SPOT",
        "instId": instrument_id(pair),
        "baseCcy": pair.base,
        "quoteCcy": pair.quote,
        "tickSz": plain(pair.tick),
        "lotSz": plain(pair.lot),
        "minSz": plain(pair.lot),
        "maxLmtSz": plain(pair.quantity_max),
        "maxMktSz": MOST_USDT,
        "maxLmtAmt": "20000000",
        "maxMktAmt": MOST_USDT,
        "lever": "1",
        "listTime": str(listed_ms),
        "ruleType": "normal",
        "state": "live",
    }


def ticker(market: Market, pair: Pair, at_ms: int) -> dict[str, Any]:
    """The last 24 hours with the best bid and ask."""
    day = day_ticker(market, pair, at_ms)
    names = {
        "last": "lastPrice",
        "lastSz": "lastQty",
        "askPx": "askPrice",
        "askSz": "askQty",
        "bidPx": "bidPrice",
        "bidSz": "bidQty",
        "open24h": "openPrice",
        "high24h": "highPrice",
        "low24h": "lowPrice",
        "vol24h": "volume",
        "volCcy24h": "quoteVolume",
        "sodUtc0": "openPrice",
        "sodUtc8": "openPrice",
    }
    told = {name: plain(day[theirs]) for name, theirs in names.items()}
    return {"instType": "SPOT", "instId": instrument_id(pair), **told, "ts": str(at_ms)}


def level(level: Level) -> list[str]:
    """Price and amount, a zero that once meant something, and the number of orders."""
    return [plain(level.price), plain(level.quantity), "0", "1"]


def bar(pair: Pair, bar: Bar, length_ms: int, now_ms: int) -> list[str]:
    """One bar, as OKX's array of nine; the last place says whether it is complete."""
    prices = [plain(price(pair, figure)) for figure in (bar.open, bar.high, bar.low, bar.close)]
    worth = plain(quote_volume(bar))
    is_complete = bar.opened_ms + length_ms <= now_ms
    return [
        str(bar.opened_ms),
        *prices,
        plain(volume(bar.volume)),
        worth,
        worth,
        "1" if is_complete else "0",
    ]


def taken(row: sqlite3.Row, now_ms: int) -> dict[str, Any]:
    """That an order, or its cancelling, was taken in."""
    return {
        "clOrdId": row["client_order_id"],
        "ordId": str(row["order_id"]),
        "sCode": "0",
        "sMsg": "",
        "tag": "",
        "ts": str(now_ms),
    }


def order(row: sqlite3.Row, pair: Pair, fills: list[sqlite3.Row]) -> dict[str, Any]:
    """An order as it is looked up. What was charged is less than zero."""
    executed, is_market = Decimal(row["executed"]), row["type"] == "MARKET"
    budget = Decimal(row["quote_quantity"])
    last = fills[-1] if fills else None
    return {
        "instType": "SPOT",
        "instId": instrument_id(pair),
        "ordId": str(row["order_id"]),
        "clOrdId": row["client_order_id"],
        "tag": "",
        "side": row["side"].lower(),
        "posSide": "net",
        "tdMode": "cash",
        "ordType": row["type"].lower(),
        "px": "" if is_market else plain(row["price"]),
        "sz": plain(budget or row["quantity"]),
        "tgtCcy": ("quote_ccy" if budget else "base_ccy") if is_market else "",
        "accFillSz": plain(executed),
        "avgPx": plain(Decimal(row["executed_quote"]) / executed) if executed else "",
        "fillPx": plain(last["price"]) if last else "",
        "fillSz": plain(last["quantity"]) if last else "0",
        "fillTime": str(last["at_ms"]) if last else "",
        "tradeId": str(last["fill_id"]) if last else "",
        "state": STATES[row["status"]],
        "fee": plain(-sum((Decimal(fill["fee"]) for fill in fills), Decimal(0))),
        "feeCcy": pair.base if row["side"] == "BUY" else pair.quote,
        "rebate": "0",
        "rebateCcy": pair.quote if row["side"] == "BUY" else pair.base,
        "lever": "",
        "pnl": "0",
        "cTime": str(row["created_ms"]),
        "uTime": str(row["updated_ms"]),
    }


def fill(row: sqlite3.Row, pair: Pair, fill: sqlite3.Row) -> dict[str, Any]:
    """One fill of an order, in the list of the account's own."""
    return {
        "instType": "SPOT",
        "instId": instrument_id(pair),
        "tradeId": str(fill["fill_id"]),
        "ordId": str(row["order_id"]),
        "clOrdId": row["client_order_id"],
        "billId": str(fill["fill_id"]),
        "tag": "",
        "side": row["side"].lower(),
        "posSide": "net",
        "fillPx": plain(fill["price"]),
        "fillSz": plain(fill["quantity"]),
        "feeCcy": fill["fee_asset"],
        "fee": plain(-Decimal(fill["fee"])),
        "execType": "M" if fill["is_maker"] else "T",
        "fillTime": str(fill["at_ms"]),
        "ts": str(fill["at_ms"]),
    }


def account(balances: dict[str, tuple[Decimal, Decimal]], now_ms: int) -> dict[str, Any]:
    """The account that trades, with its balances."""
    return {
        "uTime": str(now_ms),
        "totalEq": "",
        "details": [
            {
                "ccy": asset,
                "eq": plain(free + locked),
                "cashBal": plain(free + locked),
                "availBal": plain(free),
                "availEq": plain(free),
                "frozenBal": plain(locked),
                "ordFrozen": plain(locked),
                "uTime": str(now_ms),
            }
            for asset, (free, locked) in balances.items()
        ],
    }


def chain(asset: str, network: str) -> str:
    """A network as OKX writes it, with the asset before it."""
    return f"{asset}-{CHAINS[network]}"


def address(network: Network) -> dict[str, Any]:
    """Where an asset can be sent."""
    return {
        "addr": network.address,
        "ccy": network.asset,
        "chain": chain(network.asset, network.network),
        "ctAddr": "",
        "selected": True,
        "to": "18",
        "verifiedName": "",
    }


def deposit(row: sqlite3.Row) -> dict[str, Any]:
    """One deposit in the list. OKX does not say which tag came with it."""
    return {
        "actualDepBlkConfirm": "1" if row["credited"] else "0",
        "amt": plain(row["amount"]),
        "areaCodeFrom": "",
        "ccy": row["asset"],
        "chain": chain(row["asset"], row["network"]),
        "depId": row["deposit_id"],
        "from": "",
        "fromWdId": "",
        "state": SUCCESSFUL if row["credited"] else WAITING,
        "to": row["address"],
        "ts": str(row["arrived_ms"]),
        "txId": row["txid"],
    }


def currency(network: Network) -> dict[str, Any]:
    """What is kept, and what it costs to send it by a network."""
    return {
        "ccy": network.asset,
        "name": network.asset,
        "chain": chain(network.asset, network.network),
        "canDep": True,
        "canWd": True,
        "canInternal": True,
        "minDep": network.least,
        "minWd": network.least,
        "maxWd": "1000000",
        "wdTickSz": str(network.decimals),
        "fee": network.fee,
        "minFee": network.fee,
        "maxFee": network.fee,
        "mainNet": True,
        "needTag": False,
        "minDepArrivalConfirm": str(network.confirmations),
        "minWdUnlockConfirm": str(network.confirmations),
    }


def asked_withdrawal(row: sqlite3.Row) -> dict[str, Any]:
    """That a withdrawal was taken in."""
    return {
        "amt": plain(row["amount"]),
        "wdId": str(row["withdrawal_id"]),
        "ccy": row["asset"],
        "clientId": row["client_id"],
        "chain": chain(row["asset"], row["network"]),
    }


def withdrawal(row: sqlite3.Row, *, is_sent: bool) -> dict[str, Any]:
    """One withdrawal in the list. The amount is what arrives."""
    return {
        **asked_withdrawal(row),
        "fee": plain(row["fee"]),
        "feeCcy": row["asset"],
        "txId": row["txid"] if is_sent else "",
        "from": "",
        "to": row["address"],
        **({"tag": row["tag"]} if row["tag"] else {}),
        "state": "-1" if row["refused"] else "2" if is_sent else "0",
        "nonTradableAsset": False,
        "ts": str(row["asked_ms"]),
    }
