"""Binance behind the venue port, by ccxt's client for transport, signatures and streams."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter

from capitalino.kit.clock import Clock
from capitalino.venues.asking import Heard, check_client_id, closed, fresh, read
from capitalino.venues.binance_calls import Calls, judged
from capitalino.venues.binance_client import open_client
from capitalino.venues.binance_money import BinanceMoney
from capitalino.venues.binance_replies import (
    AccountReply,
    DepthReply,
    ExchangeInfoReply,
    FillReply,
    KlineReply,
    OrderReply,
    TickerEvent,
    TickerReply,
)
from capitalino.venues.binance_trouble import NO_SUCH_ORDER
from capitalino.venues.once import once
from capitalino.venues.port import (
    Again,
    Balance,
    Book,
    Candle,
    Instrument,
    Interval,
    Level,
    Never,
    Order,
    Pair,
    PlaceOrder,
    Tick,
    Unknown,
    VenueTrouble,
)
from capitalino.venues.replies import millis
from capitalino.venues.settings import VenueSettings

RULES_KEPT = timedelta(hours=1)
TICKERS = TypeAdapter(tuple[TickerReply, ...])
FILLS = TypeAdapter(tuple[FillReply, ...])


class Binance(BinanceMoney):
    """Keeps `port.WholeVenue`. Every reply is validated; an order is sent once, whatever comes back."""

    name = "binance"

    def __init__(self, settings: VenueSettings, clock: Clock) -> None:
        super().__init__(Calls(settings), clock)
        self._settings = settings
        self._rules: dict[Pair, tuple[datetime, Instrument]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._calls.close()

    async def instruments(self, pairs: Sequence[Pair]) -> tuple[Instrument, ...]:
        """The rules of these pairs, kept for an hour."""
        now = self._clock.now()
        if any(pair not in self._rules or now - self._rules[pair][0] > RULES_KEPT for pair in pairs):
            raw = await self._calls.ask("public_get_exchangeinfo", {"symbols": _listed(pairs)})
            found = read(lambda: ExchangeInfoReply.model_validate(raw))
            for row in found.symbols:
                rules = row.instrument()
                self._rules[rules.pair] = (now, rules)
        missing = [pair for pair in pairs if pair not in self._rules]
        if missing:
            raise Never("not_traded", f"{missing[0]} is not traded there")
        return tuple(self._rules[pair][1] for pair in pairs)

    async def rates(self, pairs: Sequence[Pair]) -> tuple[Tick, ...]:
        """One observation of each pair, now."""
        raw = await self._calls.ask("public_get_ticker_24hr", {"symbols": _listed(pairs)})
        now, names = self._clock.now(), {_symbol(pair): pair for pair in pairs}
        return read(lambda: tuple(row.tick(names[row.symbol], now) for row in TICKERS.validate_python(raw)))

    async def book(self, pair: Pair, depth: int = 20) -> Book:
        """The best `depth` levels of both sides."""
        raw = await self._calls.ask("public_get_depth", {"symbol": _symbol(pair), "limit": depth})
        found = read(lambda: DepthReply.model_validate(raw))
        bids, asks = (tuple(Level(*row) for row in side) for side in (found.bids, found.asks))
        return Book(pair, bids, asks, self._clock.now())

    async def candles(
        self, pair: Pair, interval: Interval, *, since: datetime | None = None, limit: int = 500
    ) -> tuple[Candle, ...]:
        """At most 1,000 candles, oldest first: from `since` on, or the newest."""
        asked = {"symbol": _symbol(pair), "interval": interval, "limit": limit}
        if since is not None:
            asked["startTime"] = millis(since)
        raw = await self._calls.ask("public_get_klines", asked)
        if not isinstance(raw, list):
            raise Again("garbage", "the answer is not Binance's")
        return read(lambda: tuple(KlineReply.read(row) for row in raw))

    async def watch(self, pairs: Sequence[Pair], *, silence_s: int = 10) -> AsyncGenerator[Tick]:
        """Observations as they come. Raises Again when the stream drops, or is silent for `silence_s`."""
        names = {str(pair): pair for pair in pairs}
        await self.instruments(pairs)
        client, heard, seen = open_client(self._settings), Heard(), dict[str, Any]()
        try:
            raw = await judged(client.public_get_exchangeinfo, {"symbols": _listed(pairs)}, changes=False)
            read(lambda: ExchangeInfoReply.model_validate(raw))
            client.set_markets([client.parse_market(row) for row in raw["symbols"]])
            while True:
                # A silent stream is not noticed by the client for minutes: this is the watchdog.
                async with asyncio.timeout(silence_s):
                    await judged(client.watch_tickers, list(names), {"name": "ticker"}, changes=False)
                for name, ticker in fresh(client.tickers, seen):
                    event = read(partial(TickerEvent.model_validate, ticker["info"]))
                    tick = event.tick(names[name], self._clock.now())
                    if heard.is_news(tick):
                        yield tick
        except TimeoutError:
            raise Again("silent", f"the stream was silent for {silence_s} s") from None
        finally:
            await closed(client)

    async def place(self, order: PlaceOrder) -> Order:
        """Send an order, once. Again, Never: it was not placed. Unknown: look up, never place it again."""
        check_client_id(order.client_order_id)
        (rules,) = await self.instruments([order.pair])
        if not rules.fits(order.amount):
            # The client would cut the amount to the step in silence; another amount is another order.
            raise Never("amount_step", f"{order.amount} {order.pair.base} is not a whole number of steps")
        asked = {
            "symbol": _symbol(order.pair),
            "side": order.side.upper(),
            "type": "MARKET",
            "quantity": f"{order.amount:f}",
            "newClientOrderId": order.client_order_id,
            "newOrderRespType": "FULL",
        }
        raw = await self._calls.ask("private_post_order", asked, changes=True, sent_at=order.sent_at)
        return read(lambda: self._placed(order, raw), changes=True)

    async def look_up(
        self, pair: Pair, client_order_id: str, *, sent_at: datetime | None = None
    ) -> Order | None:
        """The order with our id, or nothing when the venue does not know it (yet)."""
        del sent_at  # Binance finds it by the id.
        asked = {"symbol": _symbol(pair), "origClientOrderId": client_order_id}
        try:
            raw = await self._calls.ask("private_get_order", asked)
        except Never as refusal:
            if _is_no_such_order(refusal):
                return None
            raise
        found = read(lambda: _the_order(raw, client_order_id))
        fills: tuple[FillReply, ...] = ()
        if found.executedQty:
            trades = await self._calls.ask(
                "private_get_mytrades", {"symbol": _symbol(pair), "orderId": found.orderId}
            )
            fills = read(lambda: once(FILLS.validate_python(trades), lambda fill: fill.id))
        return read(lambda: found.order(pair, client_order_id, fills))

    async def cancel(self, pair: Pair, client_order_id: str) -> Order | None:
        """Cancel what is open of an order. Nothing: no such order is open; look up what became of it."""
        asked = {"symbol": _symbol(pair), "origClientOrderId": client_order_id}
        try:
            await self._calls.ask("private_delete_order", asked, changes=True)
        except Never as refusal:
            if _is_no_such_order(refusal):
                return None
            raise
        try:
            return await self.look_up(pair, client_order_id)
        except VenueTrouble as trouble_after:
            raise Unknown(trouble_after.code, "cancelled, but what became of it was not told") from None

    async def balances(self) -> tuple[Balance, ...]:
        """What we have there."""
        raw = await self._calls.ask("private_get_account", {"omitZeroBalances": "true"})
        account = read(lambda: AccountReply.model_validate(raw))
        return tuple(Balance(row.asset, row.free, row.locked) for row in account.balances)

    def _placed(self, order: PlaceOrder, raw: Any) -> Order:
        found = _the_order(raw, order.client_order_id)
        return found.order(order.pair, order.client_order_id, once(found.fills, lambda fill: fill.id))


def _the_order(raw: Any, client_order_id: str) -> OrderReply:
    found = OrderReply.model_validate(raw)
    if found.clientOrderId != client_order_id:
        raise ValueError("another order")
    return found


def _is_no_such_order(refusal: Never) -> bool:
    return refusal.code in {str(code) for code in NO_SUCH_ORDER}


def _symbol(pair: Pair) -> str:
    return pair.base + pair.quote


def _listed(pairs: Sequence[Pair]) -> str:
    names = ",".join(f'"{_symbol(pair)}"' for pair in pairs)
    return f"[{names}]"
