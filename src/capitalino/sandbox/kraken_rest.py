"""Kraken's REST protocol, as far as our client speaks it: market data, and signed account calls."""

import base64
import hashlib
import hmac
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from capitalino.sandbox import kraken_shapes as shapes
from capitalino.sandbox.address_book import AddressBook
from capitalino.sandbox.altered import altered
from capitalino.sandbox.binance_asked import Answered, Asked, Key, Spoken
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.kraken_asked import whole
from capitalino.sandbox.kraken_money import KrakenMoney
from capitalino.sandbox.kraken_refusals import (
    INVALID_KEY,
    INVALID_NONCE,
    INVALID_SIGNATURE,
    TOO_LATE,
    UNKNOWN_ORDER,
    UNKNOWN_PAIR,
    UNKNOWN_TRADE,
    KrakenRefusal,
    krakens,
    wrong,
)
from capitalino.sandbox.market import Market
from capitalino.sandbox.orders import OPEN
from capitalino.sandbox.pairs import PAIRS, Pair
from capitalino.sandbox.refusals import Refusal
from capitalino.sandbox.when import EPOCH

PUBLIC, PRIVATE = "/0/public/", "/0/private/"
INTERVALS = {"1": "1m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "240": "4h", "1440": "1d"}
BARS = 720
"""So many of the newest are told, and never an older one."""
DEADLINES_MS = range(2_000, 60_001)
"""How far ahead a deadline may lie."""
ORDERS_A_PAGE = 50
IDS_A_CALL = 20


class KrakenRest:
    """Every call is a small function from its parameters to an answer. Clients have the secret in base64."""

    def __init__(self, market: Market, desk: Desk, addresses: AddressBook, key: Key) -> None:
        self._market = market
        self._desk = desk
        self._orders = desk.orders
        self._addresses = addresses
        self._key = key
        self._nonce = 0

    def routes(self) -> list[tuple[str, str, str, Spoken]]:
        """Method, path, the operation's name for faults, and who answers."""
        public: list[tuple[str, str, Answered]] = [
            ("Time", "time", lambda _: {"unixtime": self._market.shown_ms() // 1000, "rfc1123": ""}),
            ("SystemStatus", "time", lambda _: {"status": "online", "timestamp": ""}),
            ("Assets", "assets", lambda _: shapes.assets()),
            ("AssetPairs", "instruments", self._by_pair(lambda pair, _: shapes.asset_pair(pair))),
            ("Ticker", "ticker", self._by_pair(self._ticker)),
            ("Depth", "book", self._by_pair(self._depth)),
            ("OHLC", "candles", self._bars),
        ]
        private: list[tuple[str, str, Answered]] = [
            ("AddOrder", "place", self._place),
            ("CancelOrder", "cancel", self._cancel),
            ("OpenOrders", "look_up", lambda asked: {"open": self._listed(asked, is_open=True)}),
            ("ClosedOrders", "look_up", self._closed),
            ("QueryOrders", "look_up", self._query),
            ("QueryTrades", "fills", self._trades),
            ("BalanceEx", "balances", self._balances),
            *KrakenMoney(self._desk, self._addresses).calls(),
        ]
        return [
            *(("GET", PUBLIC + name, operation, _open(answer)) for name, operation, answer in public),
            *(
                ("POST", PRIVATE + name, operation, self._signed(PRIVATE + name, answer))
                for name, operation, answer in private
            ),
        ]

    def _signed(self, path: str, answer: Answered) -> Spoken:
        async def speak(request: web.Request) -> web.StreamResponse:
            body, headers = await request.text(), request.headers
            asked = dict(parse_qsl(body, keep_blank_values=True))

            def checked(asked: Asked) -> Any:
                self.check(path, body, headers.get("API-Key"), headers.get("API-Sign", ""))
                return answer(asked)

            return _answer(checked, asked)

        return speak

    def check(self, path: str, body: str, key: str | None, signature: str) -> None:
        """Refuse a wrong key, a signature that is not of this body, and a nonce that does not rise."""
        if altered().is_key_revoked or key != self._key.name:
            raise KrakenRefusal(INVALID_KEY)
        nonce = dict(parse_qsl(body)).get("nonce", "")
        if not hmac.compare_digest(sign(self._key.secret.encode(), path, nonce, body), signature.encode()):
            raise KrakenRefusal(INVALID_SIGNATURE)
        if not nonce.isdecimal() or int(nonce) <= self._nonce:
            raise KrakenRefusal(INVALID_NONCE)
        self._nonce = int(nonce)

    def _by_pair(self, tell: Callable[[Pair, Asked], Any]) -> Answered:
        def answer(asked: Asked) -> dict[str, Any]:
            names = [name for name in asked.get("pair", "").split(",") if name]
            pairs = [_pair(name) for name in names] if names else PAIRS.values()
            return {shapes.pair_name(pair): tell(pair, asked) for pair in pairs}

        return answer

    def _ticker(self, pair: Pair, _: Asked) -> dict[str, Any]:
        return shapes.ticker(self._market, pair, self._market.now_ms())

    def _depth(self, pair: Pair, asked: Asked) -> dict[str, Any]:
        now, most = self._market.now_ms(), whole(asked, "count", 100)
        book = self._market.book(pair, now)
        return {"asks": shapes.levels(book.asks[:most], now), "bids": shapes.levels(book.bids[:most], now)}

    def _bars(self, asked: Asked) -> dict[str, Any]:
        pair, interval = _pair(asked.get("pair", "")), INTERVALS.get(asked.get("interval", "1"))
        if interval is None:
            raise wrong("interval")
        bars = [shapes.bar(pair, bar) for bar in self._market.bars(pair, interval, None, None, BARS)]
        since = whole(asked, "since", 0)
        # The newest, which is not done yet, is always told.
        told = [bar for bar in bars[:-1] if bar[0] > since] + bars[-1:]
        return {shapes.pair_name(pair): told, "last": bars[-2][0]}

    def _place(self, asked: Asked) -> dict[str, Any]:
        self._check_deadline(asked.get("deadline"))
        pair, side, kind = _pair(asked.get("pair", "")), asked.get("type"), asked.get("ordertype")
        if side not in {"buy", "sell"}:
            raise wrong("type")
        if kind not in {"market", "limit"}:
            raise wrong("ordertype")
        if "fciq" not in asked.get("oflags", "").split(","):
            # The engine takes a Kraken order's fee from the quote asset only.
            raise wrong("oflags")
        wanted = {"symbol": pair.symbol, "side": side.upper(), "type": kind.upper()}
        wanted |= {"quantity": asked.get("volume", ""), "timeInForce": asked.get("timeinforce", "GTC")}
        wanted |= {"newClientOrderId": asked.get("cl_ord_id", ""), "price": asked.get("price", "")}
        return shapes.placed(self._orders.place(wanted), pair)

    def _check_deadline(self, deadline: str | None) -> None:
        if deadline is None:
            return
        try:
            ahead = (datetime.fromisoformat(deadline) - EPOCH) // timedelta(milliseconds=1)
        except (ValueError, TypeError):
            raise wrong("deadline") from None
        ahead -= self._market.shown_ms()
        if ahead < 0:
            raise KrakenRefusal(TOO_LATE)
        if ahead not in DEADLINES_MS:
            raise wrong("deadline")

    def _cancel(self, asked: Asked) -> dict[str, Any]:
        meant = [row for row in self._meant(asked) if row["status"] in OPEN]
        if not meant:
            raise KrakenRefusal(UNKNOWN_ORDER)
        for row in meant:
            self._orders.cancel(row["symbol"], str(row["order_id"]), None)
        return {"count": len(meant)}

    def _meant(self, asked: Asked) -> list[sqlite3.Row]:
        """The orders that a call is about, newest first."""
        if "cl_ord_id" in asked:
            return self._orders.sent_as(asked["cl_ord_id"])
        if "txid" in asked:
            return [self._orders.get(shapes.number(name)) for name in _names(asked)]
        return self._orders.listed()[::-1]

    def _listed(self, asked: Asked, *, is_open: bool) -> dict[str, Any]:
        rows = [row for row in self._meant(asked) if (row["status"] in OPEN) is is_open]
        return {shapes.txid(row["order_id"]): self._told(row, asked) for row in rows}

    def _closed(self, asked: Asked) -> dict[str, Any]:
        found, first = list(self._listed(asked, is_open=False).items()), whole(asked, "ofs", 0)
        return {"closed": dict(found[first : first + ORDERS_A_PAGE]), "count": len(found)}

    def _query(self, asked: Asked) -> dict[str, Any]:
        rows = [self._orders.get(shapes.number(name)) for name in _names(asked)]
        return {shapes.txid(row["order_id"]): self._told(row, asked) for row in rows}

    def _told(self, row: sqlite3.Row, asked: Asked) -> dict[str, Any]:
        fills, with_trades = self._orders.fills(row["order_id"]), asked.get("trades") == "true"
        return shapes.order(row, PAIRS[row["symbol"]], fills, with_trades=with_trades)

    def _trades(self, asked: Asked) -> dict[str, Any]:
        return {name: self._trade(name) for name in _names(asked)}

    def _trade(self, name: str) -> dict[str, Any]:
        fill = self._orders.fill(shapes.number(name))
        if fill is None:
            raise KrakenRefusal(UNKNOWN_TRADE)
        row = self._orders.get(fill["order_id"])
        return shapes.trade(row, PAIRS[row["symbol"]], fill)

    def _balances(self, _: Asked) -> dict[str, Any]:
        self._desk.deposits.credit_due()
        return {
            shapes.NAMES.get(asset, asset): {
                "balance": f"{free + locked:.10f}",
                "hold_trade": f"{locked:.10f}",
            }
            for asset, (free, locked) in self._desk.balances.all().items()
        }


def _open(answer: Answered) -> Spoken:
    async def speak(request: web.Request) -> web.StreamResponse:
        return _answer(answer, dict(request.query))

    return speak


def _answer(answer: Answered, asked: Asked) -> web.Response:
    try:
        return web.json_response({"error": [], "result": answer(asked)})
    except KrakenRefusal as refusal:
        return web.json_response({"error": [refusal.error]})
    except Refusal as refusal:
        return web.json_response({"error": [krakens(refusal)]})


def sign(secret: bytes, path: str, nonce: str, body: str) -> bytes:
    """The signature of a call, in base64."""
    digest = hashlib.sha256((nonce + body).encode()).digest()
    return base64.b64encode(hmac.digest(secret, path.encode() + digest, hashlib.sha512))


def _pair(name: str) -> Pair:
    if name not in shapes.BY_NAME:
        raise KrakenRefusal(UNKNOWN_PAIR)
    return shapes.BY_NAME[name]


def _names(asked: Asked) -> list[str]:
    names = asked.get("txid", "").split(",")
    if not 0 < len(names) <= IDS_A_CALL:
        raise wrong("txid")
    return names
