"""Binance's REST protocol, as far as our client speaks it: market data, and signed account calls."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from capitalino.sandbox import binance_shapes as shapes
from capitalino.sandbox.deposits import Deposits
from capitalino.sandbox.market import INTERVALS, Market
from capitalino.sandbox.orders import Orders
from capitalino.sandbox.pairs import NETWORKS, PAIRS, Pair, default_network
from capitalino.sandbox.refusals import Refusal, missing
from capitalino.sandbox.store import Store

Asked = dict[str, str]
Answered = Callable[[Asked], Any]
Spoken = Callable[[web.Request], Awaitable[web.StreamResponse]]
AHEAD_MS = 1000
RECEIVED_WITHIN_MS = 5000


@dataclass(frozen=True, slots=True)
class Key:
    """The one API key that the exchange accepts."""

    name: str
    secret: str


class BinanceRest:
    """Every call is one small function from its parameters to an answer."""

    def __init__(self, store: Store, market: Market, orders: Orders, deposits: Deposits, key: Key) -> None:
        self._store = store
        self._market = market
        self._orders = orders
        self._deposits = deposits
        self._key = key

    def routes(self) -> list[tuple[str, str, str, Spoken]]:
        """Method, path, the operation's name for faults, and who answers."""
        v3, capital = "/api/v3/", "/sapi/v1/capital/"
        public: list[tuple[str, str, Answered]] = [
            ("ping", "ping", lambda _: {}),
            ("time", "time", lambda _: {"serverTime": self._market.now_ms()}),
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
            ("GET", capital + "config/getall", "assets", lambda _: shapes.assets(self._store.balances())),
            ("GET", capital + "deposit/address", "deposit_address", self._address),
            ("GET", capital + "deposit/hisrec", "deposits", self._arrived),
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
        if key != self._key.name:
            raise Refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        query, found, signature = raw.rpartition("&signature=")
        if not found:
            raise missing("signature")
        right = hmac.new(self._key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, signature):
            raise Refusal(-1022, "Signature for this request is not valid.")
        asked = dict(parse_qsl(query, keep_blank_values=True))
        sent, now = _whole(asked, "timestamp"), self._market.now_ms()
        if sent is None:
            raise missing("timestamp")
        if sent > now + AHEAD_MS or now - sent > (_whole(asked, "recvWindow") or RECEIVED_WITHIN_MS):
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
            _whole(asked, "limit") or 100,
        )
        return {
            "lastUpdateId": self._market.step(now),
            "bids": [shapes.level(level) for level in book.bids[:limit]],
            "asks": [shapes.level(level) for level in book.asks[:limit]],
        }

    def _klines(self, asked: Asked) -> list[list[Any]]:
        pair, interval = self._market.pair(asked.get("symbol", "")), asked.get("interval", "")
        start, end = _whole(asked, "startTime"), _whole(asked, "endTime")
        bars = self._market.bars(pair, interval, start, end, _whole(asked, "limit") or 500)
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
        symbol, order_id = self._market.pair(asked.get("symbol", "")).symbol, _whole(asked, "orderId")
        rows = self._orders.listed(symbol) if order_id is None else [self._orders.get(order_id)]
        return [shapes.trade(row, fill) for row in rows for fill in self._orders.fills(row["order_id"])]

    def _account(self, _: Asked) -> dict[str, Any]:
        self._deposits.credit_due()
        return shapes.account(self._store.balances(), self._market.now_ms())

    def _address(self, asked: Asked) -> dict[str, str]:
        asset, name = asked.get("coin", ""), asked.get("network")
        named = (network for network in NETWORKS if (network.asset, network.network) == (asset, name))
        network = next(named, None) if name else default_network(asset)
        if network is None:
            raise Refusal(-4018, "coin does not exist")
        return {"address": network.address, "coin": asset, "tag": "", "url": ""}

    def _arrived(self, asked: Asked) -> list[dict[str, Any]]:
        start, end = _whole(asked, "startTime") or 0, _whole(asked, "endTime") or self._market.now_ms()
        rows = [row for row in self._deposits.listed(asked.get("coin")) if start <= row["arrived_ms"] <= end]
        wanted = [row for row in rows if asked.get("status") in {None, str(row["credited"])}]
        offset, limit = _whole(asked, "offset") or 0, _whole(asked, "limit") or 1000
        return [shapes.deposit(row) for row in wanted[offset : offset + limit]]


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


def _whole(asked: Asked, name: str) -> int | None:
    try:
        return int(asked[name]) if asked.get(name) else None
    except ValueError:
        raise Refusal(-1100, f"Illegal characters found in parameter '{name}'.") from None
