"""The shapes of Binance's answers."""

import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from capitalino.sandbox.book import Level
from capitalino.sandbox.market import Market
from capitalino.sandbox.pairs import NETWORKS, Network, Pair, text
from capitalino.sandbox.prices import Bar
from capitalino.sandbox.recorded import MILLION
from capitalino.sandbox.when import EPOCH


def exchange_info(pairs: Iterable[Pair], now_ms: int) -> dict[str, Any]:
    """What is traded, and by which rules."""
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
        ],
        "exchangeFilters": [],
        "symbols": [_traded(pair) for pair in pairs],
    }


def _traded(pair: Pair) -> dict[str, Any]:
    lot, tick, most = text(pair.lot), text(pair.tick), text(pair.quantity_max)
    return {
        "symbol": pair.symbol,
        "status": "TRADING",
        "baseAsset": pair.base,
        "baseAssetPrecision": 8,
        "quoteAsset": pair.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": "1000000.00000000",
                "tickSize": tick,
            },
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": most, "stepSize": lot},
            {
                "filterType": "NOTIONAL",
                "minNotional": text(pair.cost_min),
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }


def price(pair: Pair, millionths: int) -> str:
    """Millionths as a price."""
    return text(Decimal(millionths) / MILLION // pair.tick * pair.tick)


def volume(thousandths: int) -> str:
    """Thousandths of the base asset."""
    return text(Decimal(thousandths) / 1000)


def quote_volume(bar: Bar) -> str:
    """What a bar's volume was worth, about."""
    return text(Decimal(bar.volume * (bar.high + bar.low)) / (2000 * MILLION))


def day_ticker(market: Market, pair: Pair, at_ms: int) -> dict[str, Any]:
    """The last 24 hours with the best bid and ask."""
    bar, book = market.last_day(pair, at_ms), market.book(pair, at_ms)
    last = price(pair, bar.close)
    change = Decimal(bar.close - bar.open)
    return {
        "symbol": pair.symbol,
        "priceChange": text(change / MILLION),
        "priceChangePercent": f"{change * 100 / bar.open:.3f}",
        "weightedAvgPrice": price(pair, (bar.high + bar.low) // 2),
        "prevClosePrice": price(pair, bar.open),
        "lastPrice": last,
        "lastQty": text(pair.lot * 100),
        "bidPrice": text(book.bids[0].price),
        "bidQty": text(book.bids[0].quantity),
        "askPrice": text(book.asks[0].price),
        "askQty": text(book.asks[0].quantity),
        "openPrice": price(pair, bar.open),
        "highPrice": price(pair, bar.high),
        "lowPrice": price(pair, bar.low),
        "volume": volume(bar.volume),
        "quoteVolume": quote_volume(bar),
        "openTime": bar.opened_ms,
        "closeTime": at_ms,
        "firstId": market.step(bar.opened_ms),
        "lastId": market.step(at_ms),
        "count": market.step(at_ms) - market.step(bar.opened_ms),
    }


def kline(pair: Pair, bar: Bar, length_ms: int) -> list[Any]:
    """One bar, as Binance's array of twelve."""
    prices = [price(pair, figure) for figure in (bar.open, bar.high, bar.low, bar.close)]
    worth = quote_volume(bar)
    half = text(Decimal(bar.volume) / 2000)
    return [
        bar.opened_ms,
        *prices,
        volume(bar.volume),
        bar.opened_ms + length_ms - 1,
        worth,
        100,
        half,
        text(Decimal(worth) / 2),
        "0",
    ]


def level(level: Level) -> list[str]:
    """Price and quantity."""
    return [text(level.price), text(level.quantity)]


def order(row: sqlite3.Row) -> dict[str, Any]:
    """An order as it is looked up."""
    return {
        "symbol": row["symbol"],
        "orderId": row["order_id"],
        "orderListId": -1,
        "clientOrderId": row["client_order_id"],
        "price": _text(row["price"]),
        "origQty": _text(row["quantity"]),
        "executedQty": _text(row["executed"]),
        "origQuoteOrderQty": _text(row["quote_quantity"]),
        "cummulativeQuoteQty": _text(row["executed_quote"]),
        "status": row["status"],
        "timeInForce": row["time_in_force"],
        "type": row["type"],
        "side": row["side"],
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
        "time": row["created_ms"],
        "updateTime": row["updated_ms"],
        "isWorking": True,
        "workingTime": row["created_ms"],
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def placed(row: sqlite3.Row, fills: list[sqlite3.Row]) -> dict[str, Any]:
    """An order as it is answered when it was placed, with its fills."""
    not_told = {"stopPrice", "icebergQty", "time", "updateTime", "isWorking"}
    told = {name: value for name, value in order(row).items() if name not in not_told}
    return {
        **told,
        "transactTime": row["created_ms"],
        "fills": [
            {
                "price": _text(fill["price"]),
                "qty": _text(fill["quantity"]),
                "commission": _text(fill["fee"]),
                "commissionAsset": fill["fee_asset"],
                "tradeId": fill["fill_id"],
            }
            for fill in fills
        ],
    }


def trade(row: sqlite3.Row, fill: sqlite3.Row) -> dict[str, Any]:
    """One fill of an order, in the list of the account's own trades."""
    return {
        "symbol": row["symbol"],
        "id": fill["fill_id"],
        "orderId": row["order_id"],
        "orderListId": -1,
        "price": _text(fill["price"]),
        "qty": _text(fill["quantity"]),
        "quoteQty": text(Decimal(fill["price"]) * Decimal(fill["quantity"])),
        "commission": _text(fill["fee"]),
        "commissionAsset": fill["fee_asset"],
        "time": fill["at_ms"],
        "isBuyer": row["side"] == "BUY",
        "isMaker": bool(fill["is_maker"]),
        "isBestMatch": True,
    }


def account(balances: dict[str, tuple[Decimal, Decimal]], now_ms: int) -> dict[str, Any]:
    """The account with its balances."""
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "updateTime": now_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": text(free), "locked": text(locked)}
            for asset, (free, locked) in balances.items()
        ],
        "permissions": ["SPOT"],
    }


def assets(balances: dict[str, tuple[Decimal, Decimal]]) -> list[dict[str, Any]]:
    """What is kept, and by which networks it comes and goes."""
    return [
        {
            "coin": asset,
            "depositAllEnable": True,
            "withdrawAllEnable": True,
            "name": asset,
            "free": text(free),
            "locked": text(locked),
            "freeze": "0",
            "withdrawing": "0",
            "ipoing": "0",
            "ipoable": "0",
            "storage": "0",
            "isLegalMoney": asset == "EUR",
            "trading": True,
            "networkList": [_network(network) for network in NETWORKS if network.asset == asset],
        }
        for asset, (free, locked) in balances.items()
    ]


def _network(network: Network) -> dict[str, Any]:
    return {
        "network": network.network,
        "coin": network.asset,
        "withdrawIntegerMultiple": text(Decimal(1).scaleb(-network.decimals)),
        "isDefault": True,
        "depositEnable": True,
        "withdrawEnable": True,
        "name": network.name,
        "addressRegex": "",
        "memoRegex": "",
        "withdrawFee": network.fee,
        "withdrawMin": network.least,
        "withdrawMax": "1000000",
        "depositDust": network.least,
        "minConfirm": network.confirmations,
        "unLockConfirm": network.confirmations,
        "sameAddress": False,
        "contractAddressUrl": "",
        "contractAddress": "",
    }


def deposit(row: sqlite3.Row) -> dict[str, Any]:
    """One deposit in the list."""
    return {
        "id": row["deposit_id"],
        "amount": row["amount"],
        "coin": row["asset"],
        "network": row["network"],
        "status": 1 if row["credited"] else 0,
        "address": row["address"],
        "addressTag": row["tag"],
        "txId": row["txid"],
        "insertTime": row["arrived_ms"],
        "completeTime": row["credit_ms"] if row["credited"] else None,
        "transferType": 0,
        "confirmTimes": "1/1" if row["credited"] else "0/1",
        "unlockConfirm": 1,
        "walletType": 0,
    }


def withdrawal(row: sqlite3.Row, name: str, *, is_sent: bool) -> dict[str, Any]:
    """One withdrawal in the list. The amount is what arrives; the instants are texts in UTC."""
    at = f"{EPOCH + timedelta(milliseconds=row['asked_ms']):%Y-%m-%d %H:%M:%S}"
    return {
        "id": name,
        "amount": row["amount"],
        "transactionFee": row["fee"],
        "coin": row["asset"],
        "status": 3 if row["refused"] else 6 if is_sent else 4,
        "address": row["address"],
        "addressTag": row["tag"],
        "txId": row["txid"] if is_sent else "",
        "applyTime": at,
        "network": row["network"],
        "transferType": 0,
        "withdrawOrderId": row["client_id"],
        "info": "The address is refused." if row["refused"] else "",
        "confirmNo": 1 if is_sent else 0,
        "walletType": 0,
        "txKey": "",
    }


def _text(amount: str) -> str:
    return text(Decimal(amount))
