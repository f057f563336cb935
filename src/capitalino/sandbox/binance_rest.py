"""Binance's REST protocol, as far as our client speaks it: market data, and signed account calls."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from capitalino.sandbox import binance_shapes as shapes
from capitalino.sandbox.altered import altered
from capitalino.sandbox.binance_asked import Answered, Asked, Key, Spoken, whole
from capitalino.sandbox.binance_money import CAPITAL, BinanceMoney
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.market import INTERVALS, Market
from capitalino.sandbox.pairs import PAIRS, Pair
from capitalino.sandbox.refusals import Refusal, missing

AHEAD_MS = 1000
RECEIVED_WITHIN_MS = 5000


class BinanceRest:
    """Every call is one small function from its parameters to an answer."""

    def __init__(self, market: Market, desk: Desk, key: Key) -> None:
        self._market = market
        self._desk = desk
        self._orders = desk.orders
        self._key = key

    def routes(self) -> list[tuple[str, str, str, Spoken]]:
        """Method, path, the operation's name for faults, and who answers."""
        v3 = "/api/v3/"
        public: list[tuple[str, str, Answered]] = [
            ("ping", "ping", lambda _: {}),
            ("time", "time", lambda _: {"serverTime": self._market.shown_ms()}),
            ("exchangeInfo", "instruments", self._info),
            ("ticker/24hr", "ticker", self._tickers),
            ("ticker/bookTicker", "ticker", self._best),
            ("depth", "book", self._depth),
            ("klines", "candles", self._klines),
        ]
        signed: list[tuple[str, str, str, Answered]] = [
            ("POST", v3 + "order", "place", self._place),
            ("GET", v3 + "order", "look_up", lambda asked: shapes.order(self._orders.find(*_named(asked)))),
            ("DELETE", v3 + "order", "cancel", self._cancel),
            ("GET", v3 + "openOrders", "open_orders", self._open),
            ("GET", v3 + "allOrders", "all_orders", self._all),
            ("GET", v3 + "myTrades", "fills", self._fills),
            ("GET", v3 + "account", "balances", self._account),
            ("GET", CAPITAL + "config/getall", "assets", lambda _: shapes.assets(self._desk.balances.all())),
            *BinanceMoney(self._market, self._desk).calls(),
        ]
        return [
            *(("GET", v3 + path, operation, _open(answer)) for path, operation, answer in public),
            *((method, path, operation, self._signed(answer)) for method, path, operation, answer in signed),
        ]

    def _signed(self, answer: Answered) -> Spoken:
        async def speak(request: web.Request) -> web.StreamResponse:
            raw = await request.text() if request.method == "POST" else request.rel_url.raw_query_string
            try:
                return web.json_response(answer(self._checked(request.headers.get("X-MBX-APIKEY"), raw)))
            except Refusal as refusal:
                return _refused(refusal)

        return speak

    def _checked(self, key: str | None, raw: str) -> Asked:
        """The parameters, when key, signature and clock are right."""
        if altered().is_key_revoked or key != self._key.name:
            raise Refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        query, found, signature = raw.rpartition("&signature=")
        if not found:
            raise missing("signature")
        right = hmac.new(self._key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, signature):
            raise Refusal(-1022, "Signature for this request is not valid.")
        asked = dict(parse_qsl(query, keep_blank_values=True))
        sent, now = whole(asked, "timestamp"), self._market.shown_ms()
        if sent is None:
            raise missing("timestamp")
        if sent > now + AHEAD_MS or now - sent > (whole(asked, "recvWindow") or RECEIVED_WITHIN_MS):
            raise Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
        return asked

    def _info(self, asked: Asked) -> Any:
        return shapes.exchange_info(self._pairs(asked), self._market.now_ms())

    def _pairs(self, asked: Asked) -> list[Pair]:
        """The pairs of `symbol` or `symbols`; all without either."""
        named = asked.get("symbol") or asked.get("symbols", "").strip("[]").replace('"', "")
        return [self._market.pair(name) for name in named.split(",")] if named else list(PAIRS.values())

    def _tickers(self, asked: Asked) -> Any:
        now = self._market.now_ms()
        found = [shapes.day_ticker(self._market, pair, now) for pair in self._pairs(asked)]
        return found[0] if "symbol" in asked else found

    def _best(self, asked: Asked) -> Any:
        kept = ("symbol", "bidPrice", "bidQty", "askPrice", "askQty")
        found = self._tickers(asked)
        if isinstance(found, list):
            return [{name: row[name] for name in kept} for row in found]
        return {name: found[name] for name in kept}

    def _depth(self, asked: Asked) -> dict[str, Any]:
        now = self._market.now_ms()
        book, limit = (
            self._market.book(self._market.pair(asked.get("symbol", "")), now),
            whole(asked, "limit") or 100,
        )
        return {
            "lastUpdateId": self._market.step(now),
            "bids": [shapes.level(level) for level in book.bids[:limit]],
            "asks": [shapes.level(level) for level in book.asks[:limit]],
        }

    def _klines(self, asked: Asked) -> list[list[Any]]:
        pair, interval = self._market.pair(asked.get("symbol", "")), asked.get("interval", "")
        start, end = whole(asked, "startTime"), whole(asked, "endTime")
        bars = self._market.bars(pair, interval, start, end, whole(asked, "limit") or 500)
        return [shapes.kline(pair, bar, INTERVALS[interval]) for bar in bars]

    def _place(self, asked: Asked) -> dict[str, Any]:
        row = self._orders.place(asked)
        return shapes.placed(row, self._orders.fills(row["order_id"]))

    def _cancel(self, asked: Asked) -> dict[str, Any]:
        row = self._orders.cancel(*_named(asked))
        return shapes.order(row) | {"origClientOrderId": row["client_order_id"]}

    def _open(self, asked: Asked) -> list[dict[str, Any]]:
        return [shapes.order(row) for row in self._orders.listed(asked.get("symbol"), is_open=True)]

    def _all(self, asked: Asked) -> list[dict[str, Any]]:
        return [shapes.order(row) for row in self._orders.listed(asked.get("symbol"))]

    def _fills(self, asked: Asked) -> list[dict[str, Any]]:
        symbol, order_id = self._market.pair(asked.get("symbol", "")).symbol, whole(asked, "orderId")
        rows = self._orders.listed(symbol) if order_id is None else [self._orders.get(order_id)]
        return [shapes.trade(row, fill) for row in rows for fill in self._orders.fills(row["order_id"])]

    def _account(self, _: Asked) -> dict[str, Any]:
        self._desk.deposits.credit_due()
        return shapes.account(self._desk.balances.all(), self._market.now_ms())


def _open(answer: Answered) -> Spoken:
    async def speak(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(answer(dict(request.query)))
        except Refusal as refusal:
            return _refused(refusal)

    return speak


def _refused(refusal: Refusal) -> web.Response:
    return web.json_response({"code": refusal.code, "msg": refusal.message}, status=refusal.status)


def _named(asked: Asked) -> tuple[str, str | None, str | None]:
    if "orderId" not in asked and "origClientOrderId" not in asked:
        raise missing("orderId")
    return asked.get("symbol", ""), asked.get("orderId"), asked.get("origClientOrderId")
