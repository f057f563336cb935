"""OKX's REST protocol, as far as our client speaks it: market data, and signed account calls."""

import json
import re
import sqlite3
from typing import Any

from aiohttp import web

from capitalino.sandbox import okx_shapes as shapes
from capitalino.sandbox.binance_asked import Spoken
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.market import INTERVALS, Market
from capitalino.sandbox.okx_asked import Answered, Asked, whole
from capitalino.sandbox.okx_money import ROWS_MOST, OkxMoney
from capitalino.sandbox.okx_refusals import NO_ID, NO_SUCH_PAIR, TOO_LATE, OkxRefusal, translated, wrong
from capitalino.sandbox.okx_signed import OkxKey, Sent, check
from capitalino.sandbox.pairs import PAIRS, Pair
from capitalino.sandbox.refusals import NOT_CANCELLED, Refusal

V5 = "/api/v5/"
CLIENT_ORDER_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
INTERVAL = {"1m": "1m", "5m": "5m", "15m": "15m", "30m": "30m", "1H": "1h", "4H": "4h", "1Dutc": "1d"}
ORDER_CALLS = {"trade/order", "trade/cancel-order"}
"""Refused in the row of the order; every other call is refused as a whole."""
AT_HAND = 1440
"""So many of the newest bars are no history yet."""
NEW_MOST, OLD_MOST, LEVELS_MOST = 300, 100, 400


class OkxRest:
    """Every call is one small function from its parameters to the rows of an answer."""

    def __init__(self, market: Market, desk: Desk, key: OkxKey) -> None:
        self._market = market
        self._desk = desk
        self._orders = desk.orders
        self._key = key

    def routes(self) -> list[tuple[str, str, str, Spoken]]:
        """Method, path, the operation's name for faults, and who answers."""
        public: list[tuple[str, str, Answered]] = [
            ("public/time", "time", lambda _: [{"ts": str(self._market.shown_ms())}]),
            ("public/instruments", "instruments", self._instruments),
            ("market/ticker", "ticker", self._ticker),
            ("market/books", "book", self._book),
            ("market/candles", "candles", lambda asked: self._bars(asked, NEW_MOST, AT_HAND)),
            ("market/history-candles", "candles", lambda asked: self._bars(asked, OLD_MOST, None)),
        ]
        signed: list[tuple[str, str, str, Answered]] = [
            ("POST", "trade/order", "place", self._place),
            ("GET", "trade/order", "look_up", lambda asked: [self._order(self._found(asked))]),
            ("POST", "trade/cancel-order", "cancel", self._cancel),
            ("GET", "trade/orders-pending", "open_orders", self._pending),
            ("GET", "trade/fills", "fills", self._fills),
            ("GET", "trade/fills-history", "old_fills", self._fills),
            ("GET", "account/balance", "balances", self._account),
            *OkxMoney(self._desk).calls(),
        ]
        return [
            *(("GET", V5 + path, operation, self._open(answer)) for path, operation, answer in public),
            *(
                (method, V5 + path, operation, self._signed(answer, is_order=path in ORDER_CALLS))
                for method, path, operation, answer in signed
            ),
        ]

    def _open(self, answer: Answered) -> Spoken:
        async def speak(request: web.Request) -> web.StreamResponse:
            return self._answered(answer, dict(request.query), is_order=False)

        return speak

    def _signed(self, answer: Answered, *, is_order: bool) -> Spoken:
        async def speak(request: web.Request) -> web.StreamResponse:
            body, whole = await request.text(), request.raw_path
            # What stands before it is where the sandbox lives, and OKX's client does not sign it.
            sent = Sent(request.method, whole[whole.index(V5) :], body, request.headers)
            try:
                check(self._key, sent, self._market.shown_ms())
                asked = dict(request.query) if request.method == "GET" else _body(body)
            except OkxRefusal as refusal:
                return web.json_response(refusal.answer(), status=refusal.status)
            asked |= {"expTime": request.headers.get("expTime", "")}
            return self._answered(answer, asked, is_order=is_order)

        return speak

    def _answered(self, answer: Answered, asked: Asked, *, is_order: bool) -> web.Response:
        try:
            return web.json_response({"code": "0", "data": answer(asked), "msg": ""})
        except OkxRefusal as refused:
            refusal = refused
        except Refusal as refused:
            refusal = translated(refused)
        if is_order:
            return web.json_response(refusal.order_answer(asked.get("clOrdId", ""), self._market.now_ms()))
        return web.json_response(refusal.answer(), status=refusal.status)

    def _instruments(self, asked: Asked) -> list[Any]:
        if asked.get("instType") != "SPOT":
            raise wrong("instType")
        pairs = [_pair(asked)] if "instId" in asked else list(PAIRS.values())
        return [shapes.instrument(pair, self._market.first_ms(pair)) for pair in pairs]

    def _ticker(self, asked: Asked) -> list[Any]:
        return [shapes.ticker(self._market, _pair(asked), self._market.now_ms())]

    def _book(self, asked: Asked) -> list[Any]:
        now, most = self._market.now_ms(), min(whole(asked, "sz") or 1, LEVELS_MOST)
        book = self._market.book(_pair(asked), now)
        sides = {"bids": book.bids, "asks": book.asks}
        told = {side: [shapes.level(level) for level in levels[:most]] for side, levels in sides.items()}
        return [told | {"ts": str(now), "seqId": self._market.step(now)}]

    def _bars(self, asked: Asked, most: int, at_hand: int | None) -> list[Any]:
        """Newest first: of those before `after` and behind `before`, OKX answers the newest."""
        pair, interval, now = _pair(asked), INTERVAL.get(asked.get("bar", "1m")), self._market.now_ms()
        if interval is None:
            raise wrong("bar")
        length = INTERVALS[interval]
        earliest = whole(asked, "before") or 0
        if at_hand is not None:
            earliest = max(earliest, now - at_hand * length)
        end, limit = (whole(asked, "after") or now + 1) - 1, min(whole(asked, "limit") or 100, most)
        bars = self._market.bars(pair, interval, None, end, limit)
        told = [shapes.bar(pair, bar, length, now) for bar in bars if bar.opened_ms > earliest]
        return told[::-1]

    def _place(self, asked: Asked) -> list[Any]:
        deadline = whole(asked, "expTime")
        if deadline is not None and deadline < self._market.shown_ms():
            raise TOO_LATE
        return [shapes.taken(self._orders.place(_wanted(asked)), self._market.now_ms())]

    def _cancel(self, asked: Asked) -> list[Any]:
        try:
            row = self._found(asked)
        except Refusal:
            raise NOT_CANCELLED from None
        row = self._orders.cancel(row["symbol"], str(row["order_id"]), None)
        return [shapes.taken(row, self._market.now_ms())]

    def _found(self, asked: Asked) -> sqlite3.Row:
        order_id, name = asked.get("ordId"), asked.get("clOrdId")
        if not order_id and not name:
            raise NO_ID
        return self._orders.find(_pair(asked).symbol, order_id, None if order_id else name)

    def _order(self, row: sqlite3.Row) -> dict[str, Any]:
        return shapes.order(row, PAIRS[row["symbol"]], self._orders.fills(row["order_id"]))

    def _pending(self, asked: Asked) -> list[Any]:
        symbol = _pair(asked).symbol if "instId" in asked else None
        found = self._orders.listed(symbol, is_open=True)
        return [self._order(row) for row in reversed(found)]

    def _fills(self, asked: Asked) -> list[Any]:
        """Newest first, from before the bill `after` on."""
        order_id, after = whole(asked, "ordId"), whole(asked, "after")
        found = self._orders.listed() if order_id is None else [self._orders.get(order_id)]
        fills = [
            (fill["fill_id"], shapes.fill(row, PAIRS[row["symbol"]], fill))
            for row in found
            for fill in self._orders.fills(row["order_id"])
        ]
        told = [fill for bill, fill in sorted(fills, key=lambda one: -one[0]) if not after or bill < after]
        return told[: min(whole(asked, "limit") or ROWS_MOST, ROWS_MOST)]

    def _account(self, _: Asked) -> list[Any]:
        # OKX's own two accounts are one: what is deposited can be traded, and sent out, without being moved.
        self._desk.deposits.credit_due()
        return [shapes.account(self._desk.balances.all(), self._market.now_ms())]


def _wanted(asked: Asked) -> Asked:
    """An order in the words that the exchange behind all protocols knows."""
    name, kind, side = asked.get("clOrdId", ""), asked.get("ordType"), asked.get("side", "")
    if name and not CLIENT_ORDER_ID.match(name):
        raise wrong("clOrdId")
    if asked.get("tdMode") != "cash":
        raise wrong("tdMode")
    if kind not in {"market", "limit"}:
        raise wrong("ordType")
    of = asked.get("tgtCcy") or ("quote_ccy" if side == "buy" else "base_ccy")
    measure = "quoteOrderQty" if kind == "market" and of == "quote_ccy" else "quantity"
    return {
        "symbol": _pair(asked).symbol,
        "side": side.upper(),
        "type": kind.upper(),
        measure: asked.get("sz", ""),
        "price": asked.get("px", "") if kind == "limit" else "",
        "newClientOrderId": name,
    }


def _pair(asked: Asked) -> Pair:
    named = asked.get("instId", "")
    found = PAIRS.get(named.replace("-", ""))
    if found is None or shapes.instrument_id(found) != named:
        raise NO_SUCH_PAIR
    return found


def _body(text: str) -> Asked:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OkxRefusal("50002", "JSON syntax error", 400)
    return {name: str(value) for name, value in found.items()}
