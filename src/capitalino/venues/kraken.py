"""Kraken behind the venue port, by ccxt's client for transport, signatures and streams."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter

from capitalino.kit.clock import Clock
from capitalino.venues.asking import Heard, check_client_id, closed, fresh, read
from capitalino.venues.kraken_calls import Calls, judged
from capitalino.venues.kraken_client import market, open_client
from capitalino.venues.kraken_money import KrakenMoney
from capitalino.venues.kraken_names import asset, kraken_pair, listed, whole_seconds
from capitalino.venues.kraken_replies import (
    FEE_IN_QUOTE,
    BalanceReply,
    BarReply,
    CancelReply,
    ClosedReply,
    DepthReply,
    OpenReply,
    OrderReply,
    PairReply,
    PlacedReply,
    TickerEvent,
    TickerReply,
    TradeReply,
    one_pair,
    the_one_of,
)
from capitalino.venues.kraken_trouble import NO_SUCH_ORDER
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
from capitalino.venues.settings import VenueSettings

RULES_KEPT = timedelta(hours=1)
OPENS_KEPT = timedelta(minutes=15)
DAY = timedelta(days=1)
ARRIVES_WITHIN = timedelta(seconds=10)
"""Kraken refuses an order that reaches it longer than this after it was sent: that is its deadline."""
NEAREST_DEADLINE = timedelta(seconds=2)
"""Kraken takes no deadline that is nearer."""
FILLS_A_CALL = 20
MINUTES: dict[Interval, int] = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "1d": 1440}
PAIRS = TypeAdapter(dict[str, PairReply])
TICKERS = TypeAdapter(dict[str, TickerReply])
ORDERS = TypeAdapter(dict[str, OrderReply])
TRADES = TypeAdapter(dict[str, TradeReply])
BARS = TypeAdapter(tuple[list[Any], ...])
BALANCES = TypeAdapter(dict[str, BalanceReply])


class Kraken(KrakenMoney):
    """Keeps `port.WholeVenue`. Every reply is validated; an order is sent once, whatever comes back.

    A key belongs to one of these in one process: Kraken takes the nonces of a key in rising order only.
    """

    name = "kraken"

    def __init__(self, settings: VenueSettings, clock: Clock) -> None:
        super().__init__(Calls(settings, clock), clock)
        self._settings = settings
        self._ask = self._calls.ask
        self._rules: dict[Pair, tuple[datetime, Instrument]] = {}
        self._pairs: dict[str, Pair] = {}
        self._opens: dict[Pair, tuple[datetime, Decimal]] = {}

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
            raw = await self._ask("public_get_assetpairs", {"pair": listed(pairs)})
            for name, row in read(lambda: PAIRS.validate_python(raw)).items():
                rules = row.instrument()
                self._rules[rules.pair] = (now, rules)
                self._pairs |= {name: rules.pair, row.altname: rules.pair}
        missing = [pair for pair in pairs if pair not in self._rules]
        if missing:
            raise Never("not_traded", f"{missing[0]} is not traded there")
        return tuple(self._rules[pair][1] for pair in pairs)

    async def rates(self, pairs: Sequence[Pair]) -> tuple[Tick, ...]:
        """One observation of each pair, now."""
        await self.instruments(pairs)
        raw = await self._ask("public_get_ticker", {"pair": listed(pairs)})
        found, now = read(lambda: TICKERS.validate_python(raw)), self._clock.now()
        rows = read(lambda: {self._pairs[name]: row for name, row in found.items()})
        opens = {pair: await self._opened(pair) for pair in pairs}
        return read(lambda: tuple(rows[pair].tick(pair, opens[pair], now) for pair in pairs))

    async def book(self, pair: Pair, depth: int = 20) -> Book:
        """The best `depth` levels of both sides."""
        raw = await self._ask("public_get_depth", {"pair": kraken_pair(pair), "count": depth})
        found = read(lambda: DepthReply.model_validate(one_pair(raw)))
        bids, asks = (tuple(Level(*row[:2]) for row in side) for side in (found.bids, found.asks))
        return Book(pair, bids, asks, self._clock.now())

    async def candles(
        self, pair: Pair, interval: Interval, *, since: datetime | None = None, limit: int = 500
    ) -> tuple[Candle, ...]:
        """At most the newest 720, for Kraken tells no older ones: from `since` on, or the newest `limit`."""
        asked: dict[str, Any] = {"pair": kraken_pair(pair), "interval": MINUTES[interval]}
        if since is not None:
            asked["since"] = whole_seconds(since) - 1  # Kraken begins after it.
        raw = await self._ask("public_get_ohlc", asked)
        bars = read(lambda: tuple(BarReply.read(row) for row in BARS.validate_python(one_pair(raw))))
        if since is None:
            return bars[-limit:]
        return tuple(bar for bar in bars if bar.at >= since)[:limit]

    async def watch(self, pairs: Sequence[Pair], *, silence_s: int = 10) -> AsyncGenerator[Tick]:
        """Observations as they come. Raises Again when the stream drops, or is silent for `silence_s`."""
        await self.instruments(pairs)
        client, heard = open_client(self._settings), Heard()
        client.set_markets([market(pair) for pair in pairs])
        names, seen = {str(pair): pair for pair in pairs}, dict[str, Any]()
        # By default Kraken tells trades only, and a quiet market would pass for a dead stream.
        asked = partial(client.watch_tickers, list(names), {"event_trigger": "bbo"})
        try:
            while True:
                # Its heartbeats keep a stream open that tells no prices: this is the watchdog.
                async with asyncio.timeout(silence_s):
                    await judged(asked, changes=False)
                for name, ticker in fresh(client.tickers, seen):
                    event = read(partial(TickerEvent.model_validate, ticker["info"]))
                    tick = read(partial(event.tick, names[name], self._clock.now()))
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
            # Another amount than the asked one is another order.
            raise Never(
                "amount_step", f"{order.amount} {order.pair.base} is too little, or between two steps"
            )
        deadline = order.sent_at + ARRIVES_WITHIN
        if deadline - self._clock.now() < NEAREST_DEADLINE:
            raise Again("late", "the order was sent too long ago")
        deadline = await self._calls.by_their_clock(deadline)
        asked = {
            "pair": kraken_pair(order.pair),
            "type": order.side.value,
            "ordertype": "market",
            "volume": f"{order.amount:f}",
            "cl_ord_id": order.client_order_id,
            "oflags": FEE_IN_QUOTE,
            # Whatever holds us up from here on, Kraken does not execute it later.
            "deadline": f"{deadline.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z",
        }
        raw = await self._ask("private_post_addorder", asked, changes=True)
        (txid,) = read(lambda: PlacedReply.model_validate(raw).txid, changes=True)
        try:
            told = await self._ask("private_post_queryorders", {"txid": txid, "trades": "true"})
            found = read(lambda: ORDERS.validate_python(told)[txid])
            return await self._with_fills(txid, found, order.pair, order.client_order_id)
        except VenueTrouble as trouble_after:
            raise Unknown(trouble_after.code, "placed, but what became of it was not told") from None

    async def look_up(
        self, pair: Pair, client_order_id: str, *, sent_at: datetime | None = None
    ) -> Order | None:
        """The order with our id, or nothing when the venue does not know it (yet).

        An order goes from the open ones to the closed ones and never back, so they are asked in this order.
        """
        del sent_at  # Kraken finds it by the id.
        asked = {"cl_ord_id": client_order_id, "trades": "true"}
        still_open = await self._ask("private_post_openorders", asked)
        found = read(lambda: the_one_of(client_order_id, OpenReply.model_validate(still_open).open))
        if found is None:
            done = await self._ask("private_post_closedorders", asked)
            found = read(lambda: the_one_of(client_order_id, ClosedReply.model_validate(done).closed))
        return None if found is None else await self._with_fills(*found, pair, client_order_id)

    async def cancel(self, pair: Pair, client_order_id: str) -> Order | None:
        """Cancel what is open of an order. Nothing: no such order is open; look up what became of it."""
        try:
            raw = await self._ask("private_post_cancelorder", {"cl_ord_id": client_order_id}, changes=True)
        except Never as refusal:
            if refusal.code == NO_SUCH_ORDER:
                return None
            raise
        if not read(lambda: CancelReply.model_validate(raw).count, changes=True):
            return None
        try:
            return await self.look_up(pair, client_order_id)
        except VenueTrouble as trouble_after:
            raise Unknown(trouble_after.code, "cancelled, but what became of it was not told") from None

    async def balances(self) -> tuple[Balance, ...]:
        """What we have there."""
        raw = await self._ask("private_post_balanceex", {})
        found = read(lambda: BALANCES.validate_python(raw))
        return tuple(
            Balance(asset(name), row.balance - row.hold_trade, row.hold_trade) for name, row in found.items()
        )

    async def _opened(self, pair: Pair) -> Decimal:
        """The price of 24 hours ago, to a quarter of an hour."""
        now = self._clock.now()
        if pair not in self._opens or now - self._opens[pair][0] > OPENS_KEPT:
            bars = await self.candles(pair, "15m", since=now - DAY, limit=1)
            if not bars:
                raise Again("garbage", "no price of 24 hours ago")
            self._opens[pair] = (now, bars[0].open)
        return self._opens[pair][1]

    async def _with_fills(self, txid: str, found: OrderReply, pair: Pair, client_order_id: str) -> Order:
        fills: dict[str, TradeReply] = {}
        trades = list(dict.fromkeys(found.trades))
        for first in range(0, len(trades), FILLS_A_CALL):
            some = trades[first : first + FILLS_A_CALL]
            raw = await self._ask("private_post_querytrades", {"txid": ",".join(some)})
            fills |= read(partial(TRADES.validate_python, raw))
        return read(lambda: found.order(txid, pair, client_order_id, fills))
