"""OKX's answers, checked field by field: a page of HTML, a null or half an answer is none of them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from capitalino.venues.once import once
from capitalino.venues.port import (
    Balance,
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
    "live": OrderState.OPEN,
    "partially_filled": OrderState.OPEN,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "mmp_canceled": OrderState.CANCELLED,
}
NETWORKS = {"Bitcoin": "BTC", "Ethereum": "ETH", "ERC20": "ETH", "Litecoin": "LTC"}
"""One name for a network at all venues; the others keep OKX's own."""


class Envelope(Reply):
    """What every answer comes in."""

    code: Literal["0"]
    data: tuple[Any, ...]


R = TypeVar("R", bound=Reply)


def rows(shape: type[R], raw: Any) -> tuple[R, ...]:
    """The rows of an answer."""
    return tuple(shape.model_validate(row) for row in Envelope.model_validate(raw).data)


def only_row(shape: type[R], raw: Any) -> R:
    """The row of an answer that must have exactly one; the same one twice is one."""
    found = once(rows(shape, raw), lambda row: row.model_dump_json())
    if len(found) != 1:
        raise ValueError("not one row")
    return found[0]


class InstrumentReply(Reply):
    """The rules of one pair."""

    instId: str  # noqa: N815 - the names are OKX's, here and below
    baseCcy: Annotated[str, Field(min_length=1)]  # noqa: N815
    quoteCcy: Annotated[str, Field(min_length=1)]  # noqa: N815
    tickSz: Positive  # noqa: N815
    lotSz: Positive  # noqa: N815
    minSz: NotNegative  # noqa: N815
    maxLmtSz: Positive  # noqa: N815
    listTime: Millis  # noqa: N815

    def instrument(self) -> Instrument:
        """As the port knows it. OKX tells no least worth, and the most of a market order only in USDT."""
        return Instrument(
            Pair(self.baseCcy, self.quoteCcy),
            amount_step=self.lotSz,
            amount_min=self.minSz,
            amount_max=self.maxLmtSz,
            price_step=self.tickSz,
            cost_min=Decimal(0),
        )


class TickerReply(Reply):
    """The rolling ticker of 24 hours, by REST and on the stream."""

    instId: str  # noqa: N815
    bidPx: Positive  # noqa: N815
    askPx: Positive  # noqa: N815
    last: Positive
    open24h: Positive
    ts: Millis

    def tick(self, pair: Pair, received_at: datetime) -> Tick:
        """As the port knows it, when it is the pair that was asked for."""
        if self.instId != instrument_id(pair):
            raise ValueError("another pair")
        return Tick(pair, self.bidPx, self.askPx, self.last, self.open24h, instant(self.ts), received_at)


class BookReply(Reply):
    """The order book: rows of price, amount, a zero, and how many orders that is."""

    bids: tuple[tuple[Positive, Positive, Any, Any], ...]
    asks: tuple[tuple[Positive, Positive, Any, Any], ...]


class BarReply(Reply):
    """One bar, which OKX sends as an array."""

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


class TakenReply(Reply):
    """That an order, or its cancelling, was taken in. It does not say what became of it."""

    ordId: Annotated[str, Field(min_length=1)]  # noqa: N815
    clOrdId: str  # noqa: N815
    sCode: Literal["0"]  # noqa: N815


class FillReply(Reply):
    """One fill of ours. What was charged is less than zero, a rebate more."""

    ordId: str  # noqa: N815
    billId: Annotated[str, Field(min_length=1)]  # noqa: N815
    fillPx: Positive  # noqa: N815
    fillSz: Positive  # noqa: N815
    fee: Decimal
    feeCcy: Annotated[str, Field(min_length=1)]  # noqa: N815

    def fill(self) -> Fill:
        """As the port knows it."""
        return Fill(self.fillPx, self.fillSz, -self.fee, self.feeCcy)


class OrderReply(Reply):
    """An order as it is looked up."""

    instId: str  # noqa: N815
    ordId: Annotated[str, Field(min_length=1)]  # noqa: N815
    clOrdId: Annotated[str, Field(min_length=1)]  # noqa: N815
    sz: Positive
    tgtCcy: Literal["", "base_ccy"] = ""  # noqa: N815
    """Otherwise `sz` would be an amount of the quote asset."""
    accFillSz: NotNegative  # noqa: N815
    state: str
    side: Literal["buy", "sell"]
    cTime: Millis  # noqa: N815

    def order(self, pair: Pair, fills: Sequence[FillReply]) -> Order:
        """As the port knows it, when it is the order that was asked for. The fills come newest first."""
        if (self.instId, self.state in STATES) != (instrument_id(pair), True):
            raise ValueError("another order, or one in an unknown state")
        if any(fill.ordId != self.ordId for fill in fills) or filled(fills) != self.accFillSz:
            raise ValueError("the fills do not add up to what was executed")
        return Order(
            self.clOrdId,
            self.ordId,
            pair,
            Side(self.side),
            STATES[self.state],
            amount=self.sz,
            filled=self.accFillSz,
            cost=sum((fill.fillPx * fill.fillSz for fill in fills), Decimal(0)),
            fills=tuple(fill.fill() for fill in reversed(fills)),
            at=instant(self.cTime),
        )


class BalanceReply(Reply):
    """What we have of one asset."""

    ccy: str
    availBal: NotNegative  # noqa: N815
    frozenBal: NotNegative  # noqa: N815

    def balance(self) -> Balance:
        """As the port knows it."""
        return Balance(self.ccy, self.availBal, self.frozenBal)


class AccountReply(Reply):
    """Our account."""

    details: tuple[BalanceReply, ...]


S = TypeVar("S", TakenReply, OrderReply)


def the_order(shape: type[S], raw: Any, client_order_id: str) -> S:
    """The row of an answer about the order with our id."""
    found = only_row(shape, raw)
    if found.clOrdId != client_order_id:
        raise ValueError("another order")
    return found


def filled(fills: Sequence[FillReply]) -> Decimal:
    """How much these fills are together."""
    return sum((fill.fillSz for fill in fills), Decimal(0))


def instrument_id(pair: Pair) -> str:
    """A pair as OKX writes it."""
    return f"{pair.base}-{pair.quote}"


def network(asset: str, chain: str) -> str:
    """The network in what OKX calls a chain, such as `USDT-ERC20`."""
    name = chain.removeprefix(f"{asset}-")
    return NETWORKS.get(name, name)
