"""Orders on the sandbox exchange: each is written down with its fills and balances before it is answered."""

import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from capitalino.sandbox.altered import altered
from capitalino.sandbox.book import Level, take
from capitalino.sandbox.market import Market
from capitalino.sandbox.pairs import EIGHT, TAKER_FEE, Pair
from capitalino.sandbox.refusals import (
    DUPLICATE,
    NO_FUNDS,
    NO_SUCH_ORDER,
    NOT_CANCELLED,
    Refusal,
    filtered,
    missing,
)
from capitalino.sandbox.store import Store

OPEN = ("NEW", "PARTIALLY_FILLED")
ZERO = Decimal(0)
NO_PRICE = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order as it was asked for, checked against the pair's filters."""

    client_order_id: str
    pair: Pair
    is_buy: bool
    is_market: bool
    time_in_force: str
    price: Decimal
    quantity: Decimal
    cost: Decimal

    @property
    def limit(self) -> Decimal:
        """The worst price that it accepts."""
        if self.is_market:
            return NO_PRICE if self.is_buy else ZERO
        return self.price


class Orders:
    """The orders of one exchange. Every method is one transaction, and none of them waits."""

    def __init__(
        self, store: Store, market: Market, venue: str = "binance", *, fee_in_quote: bool = False
    ) -> None:
        self._store = store
        self._sql = store.sql
        self._balances = store.balances(venue)
        self._market = market
        self.venue = venue
        self._fee_in_quote = fee_in_quote

    def place(self, asked: Mapping[str, str]) -> sqlite3.Row:
        """Execute what can be. A client order id must be new among the open orders only, as on Binance."""
        wanted = self._checked(asked)
        now = self._market.now_ms()
        book = self._market.book(wanted.pair, now)
        levels = [
            level
            for level in (book.asks if wanted.is_buy else book.bids)
            if (level.price <= wanted.limit if wanted.is_buy else level.price >= wanted.limit)
        ]
        share = altered().share
        part = {"cost": wanted.cost} if wanted.cost else {"quantity": wanted.quantity}
        if share is not None:
            part = {
                name: amount * share // wanted.pair.lot * wanted.pair.lot for name, amount in part.items()
            }
        fills = take(tuple(levels), wanted.pair.lot, **part)
        if wanted.is_market and not wanted.cost:
            _check_worth(wanted.pair, wanted.quantity * levels[0].price)
        with self._store.transaction():
            if self._open_with(wanted.client_order_id):
                raise DUPLICATE
            order_id = self._record(wanted, fills, now)
        return self.get(order_id)

    def get(self, order_id: int) -> sqlite3.Row:
        """One order by the exchange's own id."""
        row = self._sql.execute(
            "SELECT * FROM venue_order WHERE order_id = ? AND venue = ?", (order_id, self.venue)
        ).fetchone()
        if row is None:
            raise NO_SUCH_ORDER
        return row  # type: ignore[no-any-return]

    def find(self, symbol: str, order_id: str | None, client_order_id: str | None) -> sqlite3.Row:
        """One order of a pair, by either id; of several with one client id the newest, as on Binance."""
        self._fill_resting()
        row = self._sql.execute(
            "SELECT * FROM venue_order WHERE symbol = ? AND (order_id = ? OR client_order_id = ?)"
            " AND venue = ? ORDER BY order_id DESC",
            (symbol, order_id, client_order_id, self.venue),
        ).fetchone()
        if row is None:
            raise NO_SUCH_ORDER
        return row  # type: ignore[no-any-return]

    def listed(self, symbol: str | None = None, *, is_open: bool = False) -> list[sqlite3.Row]:
        """Orders oldest first."""
        self._fill_resting()
        states = "status IN ('NEW', 'PARTIALLY_FILLED')" if is_open else "true"
        rows = self._sql.execute(
            f"SELECT * FROM venue_order WHERE {states} AND coalesce(?, symbol) = symbol"  # noqa: S608 - ours
            " AND venue = ? ORDER BY order_id",
            (symbol, self.venue),
        )
        return rows.fetchall()

    def sent_as(self, client_order_id: str) -> list[sqlite3.Row]:
        """The orders with one client id, newest first."""
        self._fill_resting()
        rows = self._sql.execute(
            "SELECT * FROM venue_order WHERE client_order_id = ? AND venue = ? ORDER BY order_id DESC",
            (client_order_id, self.venue),
        )
        return rows.fetchall()

    def cancel(self, symbol: str, order_id: str | None, client_order_id: str | None) -> sqlite3.Row:
        """Take an open order out of the book and give back what it locked."""
        try:
            row = self.find(symbol, order_id, client_order_id)
        except Refusal:
            raise NOT_CANCELLED from None
        if row["status"] not in OPEN:
            raise NOT_CANCELLED
        with self._store.transaction():
            asset, locked = _locked(self._market.pair(symbol), row)
            self._balances.add(asset, locked, -locked)
            self._close(row["order_id"], "CANCELED")
        return self.get(row["order_id"])

    def fill(self, fill_id: int) -> sqlite3.Row | None:
        """One fill by the exchange's own id."""
        found = self._sql.execute("SELECT * FROM fill WHERE fill_id = ?", (fill_id,))
        return found.fetchone()  # type: ignore[no-any-return]

    def fills(self, order_id: int) -> list[sqlite3.Row]:
        """The fills of one order."""
        return self._sql.execute(
            "SELECT * FROM fill WHERE order_id = ? ORDER BY fill_id", (order_id,)
        ).fetchall()

    def _checked(self, asked: Mapping[str, str]) -> Wanted:
        pair = self._market.pair(asked.get("symbol", ""))
        kind, side = asked.get("type", ""), asked.get("side", "")
        if side not in {"BUY", "SELL"}:
            raise Refusal(-1117, "Invalid side.")
        if kind not in {"MARKET", "LIMIT"}:
            raise Refusal(-1116, "Invalid orderType.")
        quantity, cost, price = (_number(asked, name) for name in ("quantity", "quoteOrderQty", "price"))
        is_market = kind == "MARKET"
        if not quantity and not (is_market and cost):
            raise missing("quantity")
        if quantity % pair.lot or quantity > pair.quantity_max:
            raise filtered("LOT_SIZE")
        if not is_market and not price:
            raise missing("price")
        if price % pair.tick:
            raise filtered("PRICE_FILTER")
        _check_worth(pair, cost or (pair.cost_min if is_market else quantity * price))
        in_force = asked.get("timeInForce", "GTC")
        client_order_id = asked.get("newClientOrderId") or secrets.token_hex(11)
        return Wanted(client_order_id, pair, side == "BUY", is_market, in_force, price, quantity, cost)

    def _open_with(self, client_order_id: str) -> bool:
        rows = self._sql.execute(
            "SELECT status FROM venue_order WHERE client_order_id = ? AND venue = ?",
            (client_order_id, self.venue),
        )
        return any(row["status"] in OPEN for row in rows)

    def _record(self, wanted: Wanted, fills: list[Level], now: int) -> int:
        pair = wanted.pair
        executed = sum((fill.quantity for fill in fills), ZERO)
        rest = wanted.quantity - executed if not wanted.cost else ZERO
        rests = bool(rest) and not wanted.is_market and wanted.time_in_force == "GTC"
        paid = sum((fill.price * fill.quantity for fill in fills), ZERO)
        asset, lock = (pair.quote, rest * wanted.price) if wanted.is_buy else (pair.base, rest)
        if not wanted.is_buy and self._balances.free(pair.base) < wanted.quantity:
            raise NO_FUNDS
        fee = (paid * TAKER_FEE).quantize(EIGHT) if self._fee_in_quote else ZERO
        spent = (paid + fee if wanted.is_buy else executed) + (lock if rests else ZERO)
        if self._balances.free(asset) < spent:
            raise NO_FUNDS
        status = _status(rest, executed, rests=rests)
        order_id = self._sql.execute(
            "INSERT INTO venue_order (client_order_id, symbol, side, type, time_in_force, price, quantity,"
            " quote_quantity, status, created_ms, updated_ms, venue)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                wanted.client_order_id,
                pair.symbol,
                "BUY" if wanted.is_buy else "SELL",
                "MARKET" if wanted.is_market else "LIMIT",
                wanted.time_in_force,
                str(wanted.price),
                str(wanted.quantity or executed),
                str(wanted.cost),
                status,
                now,
                now,
                self.venue,
            ),
        ).lastrowid
        assert order_id is not None, "SQLite numbers every order"
        for fill in fills:
            self._book_fill(order_id, pair, fill, is_buy=wanted.is_buy, now=now)
        if rests:
            self._balances.add(asset, -lock, lock)
        return order_id

    def _book_fill(
        self, order_id: int, pair: Pair, fill: Level, *, is_buy: bool, now: int, is_maker: bool = False
    ) -> None:
        """One fill with its fee, of what is received or of the quote; a maker's money was locked before."""
        cost = fill.price * fill.quantity
        gives, gets = (
            ((pair.quote, cost), (pair.base, fill.quantity))
            if is_buy
            else ((pair.base, fill.quantity), (pair.quote, cost))
        )
        fee_of = (pair.quote, cost) if self._fee_in_quote else gets
        fee = (fee_of[1] * TAKER_FEE).quantize(EIGHT)
        self._balances.add(gives[0], *((ZERO, -gives[1]) if is_maker else (-gives[1], ZERO)))
        self._balances.add(gets[0], gets[1])
        self._balances.add(fee_of[0], -fee)
        self._sql.execute(
            "INSERT INTO fill (order_id, price, quantity, fee, fee_asset, is_maker, at_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (order_id, str(fill.price), str(fill.quantity), str(fee), fee_of[0], is_maker, now),
        )
        order = self.get(order_id)
        self._sql.execute(
            "UPDATE venue_order SET executed = ?, executed_quote = ?, updated_ms = ? WHERE order_id = ?",
            (
                str(Decimal(order["executed"]) + fill.quantity),
                str(Decimal(order["executed_quote"]) + cost),
                now,
                order_id,
            ),
        )

    def _fill_resting(self) -> None:
        """Fill the open limit orders whose price was reached since they were last looked at."""
        now = self._market.now_ms()
        rows = self._sql.execute(
            "SELECT * FROM venue_order WHERE status IN ('NEW', 'PARTIALLY_FILLED') AND venue = ?",
            (self.venue,),
        ).fetchall()
        for row in rows:
            pair, price = self._market.pair(row["symbol"]), Decimal(row["price"])
            is_buy = row["side"] == "BUY"
            low, high = self._market.extremes(pair, row["updated_ms"], now)
            if not (low <= price if is_buy else high >= price):
                continue
            rest = Level(price, Decimal(row["quantity"]) - Decimal(row["executed"]))
            with self._store.transaction():
                self._book_fill(row["order_id"], pair, rest, is_buy=is_buy, now=now, is_maker=True)
                self._close(row["order_id"], "FILLED")

    def _close(self, order_id: int, status: str) -> None:
        self._sql.execute(
            "UPDATE venue_order SET status = ?, updated_ms = ? WHERE order_id = ?",
            (status, self._market.now_ms(), order_id),
        )


def _status(rest: Decimal, executed: Decimal, *, rests: bool) -> str:
    """As Binance calls it: what a market order could not fill has expired."""
    if not rest:
        return "FILLED"
    if rests:
        return "PARTIALLY_FILLED" if executed else "NEW"
    return "EXPIRED"


def _locked(pair: Pair, row: sqlite3.Row) -> tuple[str, Decimal]:
    rest = Decimal(row["quantity"]) - Decimal(row["executed"])
    return (pair.quote, rest * Decimal(row["price"])) if row["side"] == "BUY" else (pair.base, rest)


def _check_worth(pair: Pair, cost: Decimal) -> None:
    if cost < pair.cost_min:
        raise filtered("NOTIONAL")


def _number(asked: Mapping[str, str], name: str) -> Decimal:
    try:
        number = Decimal(asked.get(name) or "0")
    except InvalidOperation:
        raise Refusal(-1100, f"Illegal characters found in parameter '{name}'.") from None
    if not number.is_finite() or number < 0:
        raise Refusal(-1100, f"Illegal characters found in parameter '{name}'.")
    return number
