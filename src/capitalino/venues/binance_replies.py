"""Binance's answers, checked field by field: a page of HTML, a null or half an answer is none of them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from capitalino.venues.port import (
    Candle,
    Fill,
    Instrument,
    Order,
    OrderState,
    Pair,
    Side,
    Tick,
)
from capitalino.venues.replies import Millis, NotNegative, Positive, Reply, instant

STATES = {
    "NEW": OrderState.OPEN,
    "PENDING_NEW": OrderState.OPEN,
    "PARTIALLY_FILLED": OrderState.OPEN,
    "PENDING_CANCEL": OrderState.OPEN,
    "FILLED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELLED,
    "EXPIRED": OrderState.CANCELLED,
    "EXPIRED_IN_MATCH": OrderState.CANCELLED,
    "REJECTED": OrderState.REFUSED,
}


class FilterReply(Reply):
    """One of a symbol's filters; each kind has its own fields."""

    filterType: str  # noqa: N815 - the names are Binance's, here and below
    tickSize: NotNegative | None = None  # noqa: N815
    stepSize: NotNegative | None = None  # noqa: N815
    minQty: NotNegative | None = None  # noqa: N815
    maxQty: NotNegative | None = None  # noqa: N815
    minNotional: NotNegative | None = None  # noqa: N815


class SymbolReply(Reply):
    """One symbol of the exchange's information."""

    symbol: str
    status: str
    baseAsset: str  # noqa: N815
    quoteAsset: str  # noqa: N815
    filters: tuple[FilterReply, ...]

    def instrument(self) -> Instrument:
        """As the port knows it. A filter that is missing is a limit of nothing, and so is a nought in one.

        All our orders are market orders, of which much less may be asked for at once than of others.
        """
        by_type = {row.filterType: row for row in self.filters}
        none = FilterReply(filterType="")
        lot, price = by_type.get("LOT_SIZE", none), by_type.get("PRICE_FILTER", none)
        market = by_type.get("MARKET_LOT_SIZE", none)
        worth = by_type.get("NOTIONAL", by_type.get("MIN_NOTIONAL", none))
        return Instrument(
            Pair(self.baseAsset, self.quoteAsset),
            amount_step=lot.stepSize or Decimal("0.00000001"),
            amount_min=lot.minQty or Decimal(0),
            amount_max=min(row.maxQty or Decimal("Infinity") for row in (lot, market)),
            price_step=price.tickSize or Decimal("0.00000001"),
            cost_min=worth.minNotional or Decimal(0),
        )


class ExchangeInfoReply(Reply):
    """The symbols that were asked for."""

    symbols: Annotated[tuple[SymbolReply, ...], Field(min_length=1)]


class TickerReply(Reply):
    """The rolling ticker of 24 hours, by REST."""

    symbol: str
    bidPrice: Positive  # noqa: N815
    askPrice: Positive  # noqa: N815
    lastPrice: Positive  # noqa: N815
    openPrice: Positive  # noqa: N815
    closeTime: Millis  # noqa: N815

    def tick(self, pair: Pair, received_at: datetime) -> Tick:
        """As the port knows it."""
        at = instant(self.closeTime)
        return Tick(pair, self.bidPrice, self.askPrice, self.lastPrice, self.openPrice, at, received_at)


class TickerEvent(Reply):
    """The same, as the stream tells it."""

    e: Literal["24hrTicker"]
    E: Millis
    s: str
    b: Positive
    a: Positive
    c: Positive
    o: Positive

    def tick(self, pair: Pair, received_at: datetime) -> Tick:
        """As the port knows it."""
        return Tick(pair, self.b, self.a, self.c, self.o, instant(self.E), received_at)


class DepthReply(Reply):
    """The order book: rows of price and amount."""

    bids: tuple[tuple[Positive, Positive], ...]
    asks: tuple[tuple[Positive, Positive], ...]


class KlineReply(Reply):
    """One bar, which Binance sends as an array."""

    at: Millis
    open: Positive
    high: Positive
    low: Positive
    close: Positive
    volume: NotNegative

    @classmethod
    def read(cls, row: Any) -> Candle:
        """From the array's first six places."""
        names = ("at", "open", "high", "low", "close", "volume")
        if not isinstance(row, list) or len(row) < len(names):
            raise ValueError("a bar has at least six places")
        bar = cls.model_validate(dict(zip(names, row, strict=False)))
        return Candle(instant(bar.at), bar.open, bar.high, bar.low, bar.close, bar.volume)


class FillReply(Reply):
    """One fill, in the answer to an order or in the list of our trades."""

    id: Annotated[int, Field(ge=0, validation_alias=AliasChoices("id", "tradeId"))]
    """Called otherwise in the answer to an order."""
    price: Positive
    qty: Positive
    commission: NotNegative
    commissionAsset: str  # noqa: N815

    def fill(self) -> Fill:
        """As the port knows it."""
        return Fill(self.price, self.qty, self.commission, self.commissionAsset)


class OrderReply(Reply):
    """An order; `fills` come with the answer to placing it only."""

    symbol: str
    orderId: Annotated[int, Field(gt=0)]  # noqa: N815
    clientOrderId: Annotated[str, Field(min_length=1)]  # noqa: N815
    origQty: NotNegative  # noqa: N815
    executedQty: NotNegative  # noqa: N815
    cummulativeQuoteQty: Decimal  # noqa: N815
    status: str
    side: Literal["BUY", "SELL"]
    transactTime: Millis | None = None  # noqa: N815
    time: Millis | None = None
    fills: tuple[FillReply, ...] = ()

    def order(self, pair: Pair, client_order_id: str, fills: tuple[FillReply, ...]) -> Order:
        """As the port knows it, when it is the order that was asked for."""
        if (self.symbol, self.status in STATES) != (pair.base + pair.quote, True):
            raise ValueError("another order, or one in an unknown state")
        at = self.transactTime or self.time
        if at is None or sum((fill.qty for fill in fills), Decimal(0)) != self.executedQty:
            raise ValueError("the fills do not add up to what was executed")
        return Order(
            client_order_id,
            str(self.orderId),
            pair,
            Side(self.side.lower()),
            STATES[self.status],
            amount=self.origQty,
            filled=self.executedQty,
            cost=self.cummulativeQuoteQty,
            fills=tuple(fill.fill() for fill in fills),
            at=instant(at),
        )


class BalanceReply(Reply):
    """What we have of one asset."""

    asset: str
    free: NotNegative
    locked: NotNegative


class AccountReply(Reply):
    """Our account."""

    balances: tuple[BalanceReply, ...]
