"""Kraken's answers, checked field by field: a page of HTML, a null or half an answer is none of them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from capitalino.venues.kraken_names import asset, instant, kraken_pair
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
from capitalino.venues.replies import NotNegative, Positive, Reply

Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[Decimal, Field(gt=0, lt=10**11)]
Price = tuple[Positive, NotNegative, NotNegative]
Levels = tuple[tuple[Positive, Positive, Any], ...]

STATES = {
    "pending": OrderState.OPEN,
    "open": OrderState.OPEN,
    "closed": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "expired": OrderState.CANCELLED,
}
FEE_IN_QUOTE = "fciq"


class Envelope(Reply):
    """Round every answer. With an error in it the client has raised already."""

    error: Annotated[tuple[str, ...], Field(max_length=0)]
    result: Any


class TimeReply(Reply):
    """What Kraken's clock shows."""

    unixtime: Annotated[int, Field(gt=0, lt=10**11)]


class PairReply(Reply):
    """The rules of one pair."""

    altname: Text
    base: Text
    quote: Text
    pair_decimals: Annotated[int, Field(ge=0, le=18)]
    lot_decimals: Annotated[int, Field(ge=0, le=18)]
    ordermin: NotNegative
    costmin: NotNegative = Decimal(0)
    tick_size: Positive | None = None

    def instrument(self) -> Instrument:
        """As the port knows it. Kraken names no largest amount."""
        return Instrument(
            Pair(asset(self.base), asset(self.quote)),
            amount_step=Decimal(1).scaleb(-self.lot_decimals),
            amount_min=self.ordermin,
            amount_max=Decimal("Infinity"),
            price_step=self.tick_size or Decimal(1).scaleb(-self.pair_decimals),
            cost_min=self.costmin,
        )


class TickerReply(Reply):
    """Best prices and the last one, by REST. Its opening price is of midnight, so it is not read."""

    a: Price
    b: Price
    c: tuple[Positive, NotNegative]

    def tick(self, pair: Pair, open_24h: Decimal, received_at: datetime) -> Tick:
        """As the port knows it. Kraken does not say of when it is."""
        return Tick(pair, self.b[0], self.a[0], self.c[0], open_24h, received_at, received_at)


class TickerEvent(Reply):
    """The same, as the stream tells it: in JSON's numbers, which are read as they are written."""

    symbol: str
    bid: Positive
    ask: Positive
    last: Positive
    change: Decimal
    timestamp: datetime | None = None

    def tick(self, pair: Pair, received_at: datetime) -> Tick:
        """As the port knows it; by our clock, when the venue does not say of when it is."""
        opened = self.last - self.change
        if self.symbol != str(pair) or opened <= 0:
            raise ValueError("another pair, or a change that cannot be")
        return Tick(pair, self.bid, self.ask, self.last, opened, self.timestamp or received_at, received_at)


class DepthReply(Reply):
    """The order book: rows of price, amount and time."""

    bids: Levels
    asks: Levels


class BarReply(Reply):
    """One bar, which Kraken sends as an array."""

    at: Seconds
    open: Positive
    high: Positive
    low: Positive
    close: Positive
    average: NotNegative
    volume: NotNegative

    @classmethod
    def read(cls, row: Any) -> Candle:
        """From the array's first seven places."""
        names = tuple(cls.model_fields)
        if not isinstance(row, list) or len(row) < len(names):
            raise ValueError("a bar has at least seven places")
        bar = cls.model_validate(dict(zip(names, row, strict=False)))
        return Candle(instant(bar.at), bar.open, bar.high, bar.low, bar.close, bar.volume)


class PlacedReply(Reply):
    """What Kraken says to an order: its id there, and nothing of what became of it."""

    txid: tuple[Text]


class TradeReply(Reply):
    """One fill. Its fee is in the quote asset."""

    ordertxid: str
    price: Positive
    vol: Positive
    cost: Positive
    fee: NotNegative


class DescriptionReply(Reply):
    """What was ordered."""

    pair: str
    type: Literal["buy", "sell"]


class OrderReply(Reply):
    """An order, with the ids of its fills. Its own cost and fee have too few digits to be read."""

    status: str
    opentm: Seconds
    descr: DescriptionReply
    vol: Positive
    vol_exec: NotNegative
    oflags: str = ""
    cl_ord_id: str | None = None
    trades: tuple[Text, ...] = ()

    def is_of(self, client_order_id: str) -> bool:
        """Whether it has our id, which Kraken may write with dashes."""
        return (self.cl_ord_id or "").replace("-", "") == client_order_id

    def order(self, txid: str, pair: Pair, client_order_id: str, fills: Mapping[str, TradeReply]) -> Order:
        """As the port knows it, when it is the order that was asked for."""
        if not self.is_of(client_order_id) or self.descr.pair != kraken_pair(pair):
            raise ValueError("another order")
        if self.status not in STATES or any(fill.ordertxid != txid for fill in fills.values()):
            raise ValueError("an order in an unknown state, or another one's fill")
        if sum((fill.vol for fill in fills.values()), Decimal(0)) != self.vol_exec:
            raise ValueError("the fills do not add up to what was executed")
        if FEE_IN_QUOTE not in self.oflags.split(",") and any(fill.fee for fill in fills.values()):
            # Kraken writes every fee in the quote asset, and takes it from there only if asked to.
            raise ValueError("the fee was taken from another asset than the one that it is told in")
        return Order(
            client_order_id,
            txid,
            pair,
            Side(self.descr.type),
            STATES[self.status],
            amount=self.vol,
            filled=self.vol_exec,
            cost=sum((fill.cost for fill in fills.values()), Decimal(0)),
            fills=tuple(Fill(fill.price, fill.vol, fill.fee, pair.quote) for fill in fills.values()),
            at=instant(self.opentm),
        )


class OpenReply(Reply):
    """Open orders by Kraken's own ids."""

    open: dict[str, OrderReply]


class ClosedReply(Reply):
    """Orders that are done, likewise."""

    closed: dict[str, OrderReply]


class CancelReply(Reply):
    """How many orders were cancelled."""

    count: Annotated[int, Field(ge=0)]


class BalanceReply(Reply):
    """What we have of one asset, and what of it is held for orders."""

    balance: NotNegative
    hold_trade: NotNegative = Decimal(0)


def one_pair(result: Any) -> Any:
    """What stands under the one pair of an answer, whose name Kraken chooses."""
    if not isinstance(result, dict):
        raise ValueError("no answer by pairs")  # noqa: TRY004 - as every other reply that makes no sense
    (found,) = (value for name, value in result.items() if name != "last")
    return found


def the_one_of(client_order_id: str, listed: dict[str, OrderReply]) -> tuple[str, OrderReply] | None:
    """The one with our id. Another one, or a second, is no answer: it must not pass for `not there`."""
    if not listed:
        return None
    if len(listed) > 1 or not all(row.is_of(client_order_id) for row in listed.values()):
        raise ValueError("another order, or two of one id")
    return next(iter(listed.items()))
