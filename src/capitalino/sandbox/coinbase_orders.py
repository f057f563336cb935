"""Orders on the sandbox's Coinbase: an id is used once, and refusals are answers."""

import sqlite3
from typing import Any
from uuid import UUID

from capitalino.sandbox.coinbase_refusals import invalid, not_found, not_placed
from capitalino.sandbox.coinbase_shapes import OURS, fill, order, placed
from capitalino.sandbox.orders import OPEN, Orders
from capitalino.sandbox.refusals import Refusal
from capitalino.sandbox.store import Store

NO_ORDER = "order with this orderID was not found"
KINDS = {
    "market_market_ioc": {"type": "MARKET"},
    "sor_limit_ioc": {"type": "LIMIT", "timeInForce": "IOC"},
    "limit_limit_gtc": {"type": "LIMIT", "timeInForce": "GTC"},
}
SIZES = {"base_size": "quantity", "quote_size": "quoteOrderQty", "limit_price": "price"}
NUMBER_MAX = 2**63 - 1


class CoinbaseOrders:
    """What Coinbase does otherwise with orders: an id may be used once, for ever."""

    def __init__(self, store: Store, orders: Orders) -> None:
        self._sql = store.sql
        self._orders = orders

    def place(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Execute an order. Under an id that was used before, the order of that time is the answer."""
        client_order_id, wanted = asked.get("client_order_id"), asked.get("order_configuration")
        if not isinstance(client_order_id, str) or not client_order_id:
            raise invalid("client_order_id is required")
        before = self._orders.sent_as(client_order_id)
        if before:
            return placed(before[0])
        if not isinstance(wanted, dict) or len(wanted) != 1:
            raise invalid("order_configuration is required")
        ((kind, sizes),) = wanted.items()
        if kind not in KINDS or not isinstance(sizes, dict):
            raise invalid("order_configuration is not supported")
        terms = {SIZES[name]: str(value) for name, value in sizes.items() if name in SIZES}
        symbol = str(asked.get("product_id", "")).replace("-", "")
        named = {"newClientOrderId": client_order_id, "symbol": symbol}
        try:
            return placed(
                self._orders.place(KINDS[kind] | terms | named | {"side": str(asked.get("side", ""))})
            )
        except Refusal as refusal:
            return not_placed(refusal, wanted)

    def one(self, order_id: str) -> dict[str, Any]:
        """An order by Coinbase's id."""
        return {"order": self._shown(self._row(order_id))}

    def listed(
        self, products: list[str], states: list[str], limit: int, cursor: str, since_ms: int = 0
    ) -> dict[str, Any]:
        """Orders newest first. The cursor is the number of the last one that was shown."""
        self._orders.listed(is_open=True)  # Fills those whose price was reached.
        symbols = [product.replace("-", "") for product in products]
        marks = ", ".join("?" * len(symbols)) or "symbol"
        known = f"symbol IN ({marks}) AND order_id < ? AND created_ms >= ?"
        after = int(cursor) if cursor.isdecimal() else NUMBER_MAX
        rows = self._rows(known, *symbols, after, since_ms, limit=limit + 1)
        shown = [self._shown(row) for row in rows[:limit]]
        return {
            "orders": [row for row in shown if not states or row["status"] in states],
            "sequence": "0",
            "has_next": len(rows) > limit,
            "cursor": str(rows[limit - 1]["order_id"]) if len(rows) > limit else "",
        }

    def fills(self, order_ids: list[str]) -> list[dict[str, Any]]:
        """The fills of some orders."""
        rows = [self._row(order_id) for order_id in order_ids]
        return [fill(row, part) for row in rows for part in self._orders.fills(row["order_id"])]

    def cancel(self, order_ids: Any) -> dict[str, Any]:
        """Take orders out of the book. Each is answered for itself, with status 200."""
        if not isinstance(order_ids, list) or not order_ids:
            raise invalid("order_ids is required")
        return {"results": [self._cancelled(str(order_id)) for order_id in order_ids]}

    def _cancelled(self, order_id: str) -> dict[str, Any]:
        number = _number(order_id)
        rows = self._rows("order_id = ?", number, limit=1)
        reason = "UNKNOWN_CANCEL_FAILURE_REASON"
        is_open = bool(rows) and rows[0]["status"] in OPEN
        if is_open:
            self._orders.cancel(rows[0]["symbol"], str(number), None)
        else:
            reason = (
                "ORDER_IS_FULLY_FILLED" if rows and rows[0]["status"] == "FILLED" else "UNKNOWN_CANCEL_ORDER"
            )
        return {"success": is_open, "failure_reason": reason, "order_id": order_id}

    def _row(self, order_id: str) -> sqlite3.Row:
        self._orders.listed(is_open=True)
        rows = self._rows("order_id = ?", _number(order_id), limit=1)
        if not rows:
            raise not_found(NO_ORDER)
        return rows[0]

    def _shown(self, row: sqlite3.Row) -> dict[str, Any]:
        return order(row, self._orders.fills(row["order_id"]))

    def _rows(self, known: str, *values: str | int, limit: int) -> list[sqlite3.Row]:
        return self._sql.execute(
            f"SELECT * FROM venue_order WHERE venue = ? AND {known}"  # noqa: S608 - ours
            " ORDER BY order_id DESC LIMIT ?",
            (self._orders.venue, *values, limit),
        ).fetchall()


def _number(order_id: str) -> int:
    """The exchange's number of an order; one that no order has, when the id is not of ours."""
    try:
        found = UUID(order_id).int
    except ValueError:
        raise not_found(NO_ORDER) from None
    number = found - (OURS.int >> 64 << 64)
    return number if 0 <= number <= NUMBER_MAX else -1
