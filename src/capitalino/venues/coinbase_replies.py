"""Coinbase's answers, checked field by field: a page of HTML, a null or half an answer is none of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field

from capitalino.venues.coinbase_pages import CursorPage, Page, Said
from capitalino.venues.port import (
    Candle,
    Fill,
    Instrument,
    Level,
    Order,
    OrderState,
    Pair,
    Side,
    Tick,
)
from capitalino.venues.replies import NotNegative, Positive, Reply

MayBeBlank = Annotated[Decimal | None, BeforeValidator(lambda told: None if told == "" else told)]
Seconds = Annotated[int, Field(gt=0, lt=10**11)]

STATES = {
    "PENDING": OrderState.OPEN,
    "OPEN": OrderState.OPEN,
    "QUEUED": OrderState.OPEN,
    "CANCEL_QUEUED": OrderState.OPEN,
    "EDIT_QUEUED": OrderState.OPEN,
    "FILLED": OrderState.FILLED,
    "CANCELLED": OrderState.CANCELLED,
    "EXPIRED": OrderState.CANCELLED,
    "FAILED": OrderState.REFUSED,
}


class ProductReply(Reply):
    """One product: its rules, and how its price moved in a day."""

    product_id: str
    base_currency_id: Said
    quote_currency_id: Said
    base_increment: Positive
    quote_increment: Positive
    price_increment: Positive | None = None
    base_min_size: NotNegative
    base_max_size: Positive
    quote_min_size: NotNegative
    price: MayBeBlank = None
    price_percentage_change_24h: MayBeBlank = None

    def instrument(self) -> Instrument:
        """As the port knows it."""
        return Instrument(
            Pair(self.base_currency_id, self.quote_currency_id),
            amount_step=self.base_increment,
            amount_min=self.base_min_size,
            amount_max=self.base_max_size,
            price_step=self.price_increment or self.quote_increment,
            cost_min=self.quote_min_size,
        )

    def open_24h(self) -> Decimal:
        """The price of a day before, which Coinbase tells by what has changed since."""
        price_step = self.price_increment or self.quote_increment
        return before(self.price, self.price_percentage_change_24h, price_step)


def product_id(pair: Pair) -> str:
    """As Coinbase writes a pair."""
    return f"{pair.base}-{pair.quote}"


def before(price: Decimal | None, percent: Decimal | None, price_step: Decimal) -> Decimal:
    """The price that became this one by changing so many percent, in whole steps."""
    if price is None or percent is None or price <= 0 or percent <= -100:
        raise ValueError("no price of a day before")
    steps = (price * 100 / (100 + percent) / price_step).to_integral_value()
    return max(steps, Decimal(1)) * price_step


class ProductsReply(Reply):
    """The products that were asked for, as far as there are any."""

    products: tuple[ProductReply, ...]


class TradeReply(Reply):
    """The last trade of a product."""

    product_id: str
    price: Positive
    time: AwareDatetime


class TickerReply(Reply):
    """The last trades with the best prices."""

    trades: Annotated[tuple[TradeReply, ...], Field(min_length=1)]
    best_bid: Positive
    best_ask: Positive

    def tick(self, pair: Pair, open_24h: Decimal, received_at: datetime) -> Tick:
        """As the port knows it."""
        last = self.trades[0]
        if last.product_id != product_id(pair):
            raise ValueError("a ticker of another product")
        return Tick(pair, self.best_bid, self.best_ask, last.price, open_24h, last.time, received_at)


class TickerEvent(Reply):
    """The same, as the stream tells it; the instant is that of the whole message."""

    product_id: str
    price: Positive
    best_bid: Positive
    best_ask: Positive
    price_percent_chg_24_h: Decimal
    at: AwareDatetime

    @classmethod
    def told(cls, ticker: dict[str, Any]) -> Self:
        """As ccxt gives it: Coinbase's own fields, and beside them the instant of the message."""
        return cls.model_validate(ticker["info"] | {"at": ticker["datetime"]})

    def tick(self, rules: Instrument, received_at: datetime) -> Tick:
        """As the port knows it."""
        open_24h = before(self.price, self.price_percent_chg_24_h, rules.price_step)
        prices = (self.best_bid, self.best_ask, self.price, open_24h)
        return Tick(rules.pair, *prices, self.at, received_at)


class LevelReply(Reply):
    """So much is offered at this price."""

    price: Positive
    size: Positive


class PriceBookReply(Reply):
    """Bids and asks, best first."""

    product_id: str
    bids: tuple[LevelReply, ...]
    asks: tuple[LevelReply, ...]

    def levels(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """As the port knows them."""
        bids, asks = (tuple(Level(row.price, row.size) for row in side) for side in (self.bids, self.asks))
        return bids, asks


class BookReply(Reply):
    """The book, and round it what we have no use for."""

    pricebook: PriceBookReply


class CandleReply(Reply):
    """One candle."""

    start: Seconds
    open: Positive
    high: Positive
    low: Positive
    close: Positive
    volume: NotNegative

    def candle(self) -> Candle:
        """As the port knows it."""
        at = datetime.fromtimestamp(self.start, UTC)
        return Candle(at, self.open, self.high, self.low, self.close, self.volume)


class CandlesReply(Reply):
    """Candles, newest first."""

    candles: tuple[CandleReply, ...]


class AcceptedReply(Reply):
    """Which order was placed, or was there before under our id."""

    order_id: Said
    product_id: str
    side: Literal["BUY", "SELL"]
    client_order_id: str


class PlacedReply(Reply):
    """The answer to an order that was taken."""

    success: Literal[True]
    success_response: AcceptedReply


class CancelReply(Reply):
    """What the request to cancel one order came to."""

    success: bool
    failure_reason: str = ""
    order_id: str


class CancelledReply(Reply):
    """The same for all of which it was asked: we ask for one at a time."""

    results: tuple[CancelReply, ...]

    def of(self, order_id: str) -> CancelReply:
        """What was answered about this order."""
        (found,) = self.results
        if found.order_id != order_id:
            raise ValueError("another order")
        return found


class FillReply(Reply):
    """One fill of an order; its commission is in the quote asset."""

    entry_id: Said
    order_id: str
    trade_type: Literal["FILL"] = "FILL"
    price: Positive
    size: Positive
    commission: Decimal
    size_in_quote: Literal[False] = False

    def fill(self, fee_asset: str) -> Fill:
        """As the port knows it."""
        return Fill(self.price, self.size, self.commission, fee_asset)


class SizeReply(Reply):
    """How much an order is for: of the base asset, or of the quote asset."""

    base_size: MayBeBlank = None


class OrderReply(Reply):
    """An order as it is looked up."""

    order_id: Said
    product_id: str
    client_order_id: str
    side: Literal["BUY", "SELL"]
    status: str
    created_time: AwareDatetime
    filled_size: NotNegative
    filled_value: NotNegative
    order_configuration: Annotated[dict[str, SizeReply], Field(min_length=1, max_length=1)]

    def order(self, pair: Pair, client_order_id: str, fills: tuple[FillReply, ...]) -> Order:
        """As the port knows it, when it is the order that was asked for."""
        asked = (product_id(pair), client_order_id)
        if (self.product_id, self.client_order_id) != asked or self.status not in STATES:
            raise ValueError("another order, or one in an unknown state")
        if {fill.order_id for fill in fills} - {self.order_id}:
            raise ValueError("fills of another order")
        if sum((fill.size for fill in fills), Decimal(0)) != self.filled_size:
            raise ValueError("the fills do not add up to what was executed")
        (size,) = self.order_configuration.values()
        return Order(
            client_order_id,
            self.order_id,
            pair,
            Side(self.side.lower()),
            STATES[self.status],
            amount=size.base_size or self.filled_size,
            filled=self.filled_size,
            cost=self.filled_value,
            fills=tuple(fill.fill(pair.quote) for fill in fills),
            at=self.created_time,
        )


class OneOrderReply(Reply):
    """One order by Coinbase's own id."""

    order: OrderReply


class OrdersPage(CursorPage):
    """Orders, newest first; those of others have shapes that are not ours to check."""

    orders: tuple[dict[str, Any], ...]


class FillsPage(Page):
    """The fills of an order; there are more as long as there is a cursor."""

    fills: tuple[FillReply, ...]
    cursor: str = ""

    @property
    def onward(self) -> dict[str, str]:
        """Nothing on the last page."""
        return {"cursor": self.cursor} if self.cursor else {}
