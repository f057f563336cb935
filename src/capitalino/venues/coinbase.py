"""Coinbase behind the venue port, by ccxt's client for transport, signatures and streams."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from capitalino.kit.clock import Clock
from capitalino.venues.asking import Heard, check_client_id, closed, read
from capitalino.venues.coinbase_accounts import AT_ONCE_MAX, Accounts
from capitalino.venues.coinbase_calls import Calls, judged
from capitalino.venues.coinbase_client import open_client
from capitalino.venues.coinbase_money import SLACK, CoinbaseMoney
from capitalino.venues.coinbase_replies import (
    BookReply,
    CancelledReply,
    CandleReply,
    CandlesReply,
    FillReply,
    FillsPage,
    OneOrderReply,
    OrderReply,
    OrdersPage,
    PlacedReply,
    ProductReply,
    ProductsReply,
    TickerEvent,
    TickerReply,
    product_id,
)
from capitalino.venues.once import once
from capitalino.venues.port import (
    Again,
    Balance,
    Book,
    Candle,
    Instrument,
    Interval,
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
INTERVALS: dict[Interval, tuple[str, int]] = {
    "1m": ("ONE_MINUTE", 60),
    "5m": ("FIVE_MINUTE", 300),
    "15m": ("FIFTEEN_MINUTE", 900),
    "1h": ("ONE_HOUR", 3600),
    "1d": ("ONE_DAY", 86_400),
}
CANDLES_AT_ONCE = 300
UNSAID = {"", "UNKNOWN_CANCEL_FAILURE_REASON"}
NOT_OPEN = {"UNKNOWN_CANCEL_ORDER", "ORDER_IS_FULLY_FILLED", "DUPLICATE_CANCEL_REQUEST"}


class Coinbase(CoinbaseMoney):
    """Keeps `port.WholeVenue`. Every reply is validated; an order is sent once, whatever comes back.

    Of a list so many rows are asked for `at_once`.
    """

    name = "coinbase"

    def __init__(self, settings: VenueSettings, clock: Clock, *, at_once: int = AT_ONCE_MAX) -> None:
        self._settings = settings
        self._clock = clock
        self._calls = Calls(settings, clock)
        # The older calls have a narrow limit of their own: no order shall wait behind them for its turn.
        calls_on_accounts = Calls(settings, clock)
        super().__init__(calls_on_accounts, Accounts(calls_on_accounts, at_once))
        self._at_once = at_once
        self._rules: dict[Pair, tuple[datetime, Instrument]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._calls.close()
        await self._calls_on_accounts.close()

    async def instruments(self, pairs: Sequence[Pair]) -> tuple[Instrument, ...]:
        """The rules of these pairs, kept for an hour."""
        now = self._clock.now()
        if any(pair not in self._rules or now - self._rules[pair][0] > RULES_KEPT for pair in pairs):
            for row in await self._products(pairs):
                rules = row.instrument()
                self._rules[rules.pair] = (now, rules)
        missing = [pair for pair in pairs if pair not in self._rules]
        if missing:
            raise Never("not_traded", f"{missing[0]} is not traded there")
        return tuple(self._rules[pair][1] for pair in pairs)

    async def rates(self, pairs: Sequence[Pair]) -> tuple[Tick, ...]:
        """One observation of each pair, now."""
        products = {row.product_id: row for row in await self._products(pairs)}
        ticks = []
        for pair in pairs:
            asked = {"product_id": product_id(pair), "limit": 1}
            raw = await self._calls.ask("v3_public_get_brokerage_market_products_product_id_ticker", asked)
            ticks.append(read(partial(self._tick, pair, products, raw)))
        return tuple(ticks)

    async def book(self, pair: Pair, depth: int = 20) -> Book:
        """The best `depth` levels of both sides."""
        asked = {"product_id": product_id(pair), "limit": depth}
        raw = await self._calls.ask("v3_public_get_brokerage_market_product_book", asked)
        bids, asks = read(lambda: BookReply.model_validate(raw).pricebook).levels()
        return Book(pair, bids, asks, self._clock.now())

    async def candles(
        self, pair: Pair, interval: Interval, *, since: datetime | None = None, limit: int = 500
    ) -> tuple[Candle, ...]:
        """At most 1,000 candles, oldest first: from `since` on, or the newest."""
        length = INTERVALS[interval][1]
        newest = millis(self._clock.now()) // 1000 // length * length
        start = newest - limit * length if since is None else -(-millis(since) // (length * 1000)) * length
        found: list[CandleReply] = []
        while start <= newest and (since is None or len(found) < limit):
            last = min(start + (CANDLES_AT_ONCE - 1) * length, newest)
            page = await self._candles(pair, interval, start, last)
            found += [row for row in reversed(page) if start <= row.start <= last]
            start = last + length
        kept = found[-limit:] if since is None else found[:limit]
        return tuple(row.candle() for row in kept)

    async def watch(self, pairs: Sequence[Pair], *, silence_s: int = 10) -> AsyncGenerator[Tick]:
        """Observations as they come. Raises Again when the stream drops, or is silent for `silence_s`."""
        rules = {str(row.pair): row for row in await self.instruments(pairs)}
        client, heard = open_client(self._settings), Heard()
        try:
            asked = {"product_ids": [product_id(pair) for pair in pairs]}
            raw = await judged(client.v3_public_get_brokerage_market_products, asked, changes=False)
            read(lambda: ProductsReply.model_validate(raw))
            client.set_markets([client.parse_spot_market(row, {}) for row in raw["products"]])
            more = partial(client.subscribe_multiple, "ticker", isPrivate=False, symbols=list(rules))
            told: dict[str, str] = {}
            while True:
                # A silent stream is not noticed by the client for minutes: this is the watchdog.
                async with asyncio.timeout(silence_s):
                    # Not `watch_tickers`, which asks for a ticker every five seconds.
                    await judged(more, changes=False)
                for name, ticker in [(name, client.tickers.get(name)) for name in rules]:
                    # While one pair's was awaited another's may have come.
                    if ticker is not None and ticker["datetime"] != told.get(name):
                        told[name] = ticker["datetime"]
                        event = read(partial(TickerEvent.told, ticker))
                        tick = event.tick(rules[name], self._clock.now())
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
            raise Never("amount_step", f"{order.amount} {order.pair.base} is not a whole number of steps")
        asked = {
            "client_order_id": order.client_order_id,
            "product_id": product_id(order.pair),
            "side": order.side.upper(),
            "order_configuration": {"market_market_ioc": {"base_size": f"{order.amount:f}"}},
        }
        raw = await self._calls.ask(
            "v3_private_post_brokerage_orders", asked, changes=True, sent_at=order.sent_at
        )
        accepted = read(lambda: PlacedReply.model_validate(raw).success_response, changes=True)
        try:
            found = await self._order(order.pair, order.client_order_id, accepted.order_id)
        except VenueTrouble as trouble_after:
            raise Unknown(trouble_after.code, "placed, but what became of it was not told") from None
        if (found.side, found.amount) != (order.side, order.amount):
            # Under an id that was used before, Coinbase answers with the order of that time.
            raise Unknown("duplicate", "another order was placed under this id before")
        return found

    async def look_up(
        self, pair: Pair, client_order_id: str, *, sent_at: datetime | None = None
    ) -> Order | None:
        """The order with our id, or nothing when the venue does not know it (yet)."""
        found = await self._find(pair, client_order_id, sent_at)
        return None if found is None else await self._with_fills(pair, client_order_id, found)

    async def cancel(self, pair: Pair, client_order_id: str) -> Order | None:
        """Cancel what is open of an order. Nothing: no such order is open; look up what became of it."""
        found = await self._find(pair, client_order_id)
        if found is None:
            return None
        asked = {"order_ids": [found.order_id]}
        raw = await self._calls.ask("v3_private_post_brokerage_orders_batch_cancel", asked, changes=True)
        result = read(lambda: CancelledReply.model_validate(raw).of(found.order_id), changes=True)
        if not result.success:
            if result.failure_reason in NOT_OPEN:
                return None
            refused = Unknown if result.failure_reason in UNSAID else Never
            raise refused(result.failure_reason, "not cancelled")
        try:
            return await self._order(pair, client_order_id, found.order_id)
        except VenueTrouble as trouble_after:
            raise Unknown(trouble_after.code, "cancelled, but what became of it was not told") from None

    async def balances(self) -> tuple[Balance, ...]:
        """What we have there."""
        return tuple(row.balance() for row in await self._accounts.all())

    async def _products(self, pairs: Sequence[Pair]) -> tuple[ProductReply, ...]:
        asked = {"product_ids": [product_id(pair) for pair in pairs]}
        raw = await self._calls.ask("v3_public_get_brokerage_market_products", asked)
        return read(lambda: ProductsReply.model_validate(raw)).products

    def _tick(self, pair: Pair, products: dict[str, ProductReply], raw: Any) -> Tick:
        open_24h = products[product_id(pair)].open_24h()
        return TickerReply.model_validate(raw).tick(pair, open_24h, self._clock.now())

    async def _candles(
        self, pair: Pair, interval: Interval, first: int, last: int
    ) -> tuple[CandleReply, ...]:
        asked = {
            "product_id": product_id(pair),
            "granularity": INTERVALS[interval][0],
            "start": str(first),
            "end": str(last),
        }
        raw = await self._calls.ask("v3_public_get_brokerage_market_products_product_id_candles", asked)
        return read(lambda: CandlesReply.model_validate(raw)).candles

    async def _find(
        self, pair: Pair, client_order_id: str, sent_at: datetime | None = None
    ) -> OrderReply | None:
        """Coinbase finds no order by our id: we look through the pair's, newest first.

        Through all of them, or those since it was sent: to stop before would be to say that an order is not
        there without knowing it.
        """
        call = "v3_private_get_brokerage_orders_historical_batch"
        asked: dict[str, Any] = {"product_ids": [product_id(pair)], "limit": self._at_once}
        if sent_at is not None:
            asked["start_date"] = (sent_at - SLACK).isoformat().replace("+00:00", "Z")
        async with aclosing(self._calls.pages(call, asked, OrdersPage)) as pages:
            async for page in pages:
                for raw in page.orders:
                    if raw.get("client_order_id") == client_order_id:
                        return read(partial(OrderReply.model_validate, raw))
        return None

    async def _order(self, pair: Pair, client_order_id: str, order_id: str) -> Order:
        asked = {"order_id": order_id}
        raw = await self._calls.ask("v3_private_get_brokerage_orders_historical_order_id", asked)
        found = read(lambda: OneOrderReply.model_validate(raw)).order
        return await self._with_fills(pair, client_order_id, found)

    async def _with_fills(self, pair: Pair, client_order_id: str, found: OrderReply) -> Order:
        fills: tuple[FillReply, ...] = ()
        if found.filled_size:
            asked = {"order_ids": [found.order_id], "limit": self._at_once}
            pages = self._calls.pages("v3_private_get_brokerage_orders_historical_fills", asked, FillsPage)
            fills = once([row async for page in pages for row in page.fills], lambda fill: fill.entry_id)
        return read(lambda: found.order(pair, client_order_id, fills))
