"""Coinbase's REST protocol, as far as our client speaks it: market data, and signed account calls."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from capitalino.sandbox import coinbase_account_shapes as account_shapes
from capitalino.sandbox import coinbase_shapes as shapes
from capitalino.sandbox.binance_asked import Key, Spoken
from capitalino.sandbox.coinbase_asked import Answered, Asked
from capitalino.sandbox.coinbase_keys import Sent, check
from capitalino.sandbox.coinbase_money import CoinbaseMoney
from capitalino.sandbox.coinbase_orders import CoinbaseOrders
from capitalino.sandbox.coinbase_refusals import Refused, invalid, not_found
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.market import INTERVALS, Market
from capitalino.sandbox.pairs import PAIRS, Pair
from capitalino.sandbox.refusals import Refusal
from capitalino.sandbox.store import Store
from capitalino.sandbox.when import EPOCH, instant

MOUNTED = "/coinbase"
CANDLES_MAX = 350
GRANULARITIES = {
    "ONE_MINUTE": "1m",
    "FIVE_MINUTE": "5m",
    "FIFTEEN_MINUTE": "15m",
    "THIRTY_MINUTE": "30m",
    "ONE_HOUR": "1h",
    "ONE_DAY": "1d",
}


class CoinbaseRest:
    """Every call is one small function from what is asked to an answer."""

    def __init__(self, store: Store, market: Market, desk: Desk, key: Key) -> None:
        self._market = market
        self._desk = desk
        self._orders = CoinbaseOrders(store, desk.orders)
        self._money = CoinbaseMoney(desk)
        self._key = key

    def routes(self) -> list[tuple[str, str, str, Spoken]]:
        """Method, path, the operation's name for faults, and who answers."""
        v3 = "/api/v3/brokerage/"
        market, orders = f"{v3}market/", f"{v3}orders/"
        public: list[tuple[str, str, Answered]] = [
            ("/v2/currencies", "assets", lambda _: account_shapes.fiat_currencies()),
            ("/v2/currencies/crypto", "assets", lambda _: account_shapes.crypto_currencies()),
            ("/v2/exchange-rates", "assets", lambda _: account_shapes.exchange_rates()),
            ("/v2/time", "time", lambda _: {"data": self._time()}),
            (f"{v3}time", "time", lambda _: self._time()),
            (f"{market}products", "instruments", self._products),
            (f"{market}products/{{product_id}}", "instruments", lambda asked: self._product(_pair(asked))),
            (f"{market}products/{{product_id}}/ticker", "ticker", self._ticker),
            (f"{market}products/{{product_id}}/candles", "candles", self._candles),
            (f"{market}product_book", "book", self._book),
        ]
        signed: list[tuple[str, str, str, Answered]] = [
            ("GET", f"{v3}accounts", "balances", self._accounts),
            ("GET", f"{v3}transaction_summary", "fees", lambda _: account_shapes.fees()),
            ("POST", f"{v3}orders", "place", lambda asked: self._orders.place(asked.body)),
            ("GET", f"{orders}historical/batch", "look_up", self._listed),
            ("GET", f"{orders}historical/fills", "fills", self._fills),
            ("GET", f"{orders}historical/{{id}}", "order", lambda asked: self._orders.one(asked.path["id"])),
            ("POST", f"{orders}batch_cancel", "cancel", self._cancel),
            *self._money.calls(),
        ]
        return [
            *(("GET", path, operation, _open(answer)) for path, operation, answer in public),
            *((method, path, operation, self._signed(answer)) for method, path, operation, answer in signed),
        ]

    def _signed(self, answer: Answered) -> Spoken:
        async def speak(request: web.Request) -> web.StreamResponse:
            body = await request.text()
            sent = Sent(
                request.method,
                request.path.removeprefix(MOUNTED),
                request.rel_url.raw_query_string,
                body,
                request.headers,
            )
            return _answered(lambda: answer(self._checked(sent, request)))

        return speak

    def _checked(self, sent: Sent, request: web.Request) -> Asked:
        """What is asked, when key, signature and clock are right."""
        check(self._key, sent, self._market.shown_ms())
        try:
            body = json.loads(sent.body) if sent.body else {}
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise invalid("the body is no object")
        return Asked(dict(request.match_info), request.query, body)

    def _time(self) -> dict[str, Any]:
        now = self._market.shown_ms()
        seconds = now // 1000
        return {
            "iso": instant(now),
            "epoch": seconds,
            "epochSeconds": str(seconds),
            "epochMillis": str(now),
        }

    def _products(self, asked: Asked) -> dict[str, Any]:
        named = set(asked.query.getall("product_ids", []))
        is_spot = asked.query.get("product_type", "SPOT") == "SPOT"
        pairs = [pair for pair in PAIRS.values() if not named or shapes.product_id(pair) in named]
        found = [self._product(pair) for pair in pairs if is_spot]
        return {"products": found, "num_products": len(found)}

    def _product(self, pair: Pair) -> dict[str, Any]:
        return shapes.product(self._market, pair, self._market.now_ms())

    def _ticker(self, asked: Asked) -> dict[str, Any]:
        return shapes.ticker(self._market, _pair(asked), self._market.now_ms())

    def _book(self, asked: Asked) -> dict[str, Any]:
        return shapes.book(self._market, _pair(asked), self._market.now_ms(), asked.whole("limit", 50))

    def _candles(self, asked: Asked) -> dict[str, Any]:
        pair, interval = _pair(asked), GRANULARITIES.get(asked.query.get("granularity", ""))
        start, end = asked.whole("start", 0), asked.whole("end", 0)
        if interval is None or not start:
            raise invalid("start, end and granularity are required")
        if (end - start) * 1000 // INTERVALS[interval] >= CANDLES_MAX:
            raise invalid(f"number of candles requested should be less than {CANDLES_MAX}")
        bars = self._market.bars(pair, interval, start * 1000, end * 1000, CANDLES_MAX)
        return {"candles": [shapes.candle(pair, bar) for bar in reversed(list(bars))]}

    def _listed(self, asked: Asked) -> dict[str, Any]:
        products, states = (asked.query.getall(name, []) for name in ("product_ids", "order_status"))
        limit = min(asked.whole("limit", 100), 1000)
        cursor, since_ms = asked.query.get("cursor", ""), _since(asked.query.get("start_date"))
        return self._orders.listed(products, states, limit, cursor, since_ms)

    def _fills(self, asked: Asked) -> dict[str, Any]:
        page, cursor = _paged(self._orders.fills(asked.query.getall("order_ids", [])), asked)
        return {"fills": page, "cursor": cursor}

    def _cancel(self, asked: Asked) -> dict[str, Any]:
        return self._orders.cancel(asked.body.get("order_ids"))

    def _accounts(self, asked: Asked) -> dict[str, Any]:
        self._desk.deposits.credit_due()
        found = [
            account_shapes.account(asset, free, locked)
            for asset, (free, locked) in self._desk.balances.all().items()
        ]
        page, cursor = _paged(found, asked)
        return {"accounts": page, "has_next": bool(cursor), "cursor": cursor, "size": len(page)}


def _open(answer: Answered) -> Spoken:
    async def speak(request: web.Request) -> web.StreamResponse:
        return _answered(lambda: answer(Asked(dict(request.match_info), request.query)))

    return speak


def _answered(answer: Callable[[], Any]) -> web.Response:
    try:
        return web.json_response(answer())
    except Refusal as refusal:
        refused = invalid(refusal.message)
    except Refused as other:
        refused = other
    if isinstance(refused.body, str):
        return web.Response(text=refused.body, status=refused.status)
    return web.json_response(refused.body, status=refused.status)


def _paged(rows: list[dict[str, Any]], asked: Asked) -> tuple[list[dict[str, Any]], str]:
    """A page, and the cursor of the next one: how many rows there were before."""
    start, limit = asked.whole("cursor", 0), asked.whole("limit", 100)
    after = start + limit
    return rows[start:after], str(after) if after < len(rows) else ""


def _since(told: str | None) -> int:
    """An instant of a query."""
    try:
        return (datetime.fromisoformat(told) - EPOCH) // timedelta(milliseconds=1) if told else 0
    except (ValueError, TypeError):
        raise invalid("start_date is not an instant") from None


def _pair(asked: Asked) -> Pair:
    named = asked.path.get("product_id") or asked.query.get("product_id", "")
    pair = next((pair for pair in PAIRS.values() if shapes.product_id(pair) == named), None)
    if pair is None:
        raise not_found("valid product_id is required")
    return pair
