"""OKX behind the venue port, by ccxt's client for transport, signatures and streams."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from capitalino.kit.clock import Clock
from capitalino.venues.asking import Heard, check_client_id, closed, fresh, read
from capitalino.venues.okx_calls import Calls, judged
from capitalino.venues.okx_candles import Bars
from capitalino.venues.okx_client import open_client
from capitalino.venues.okx_money import OkxMoney
from capitalino.venues.okx_replies import (
    AccountReply,
    BookReply,
    FillReply,
    InstrumentReply,
    OrderReply,
    TakenReply,
    TickerReply,
    filled,
    instrument_id,
    only_row,
    rows,
    the_order,
)
from capitalino.venues.okx_trouble import NO_SUCH_ORDER, NO_SUCH_PAIR
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
    OrderState,
    Pair,
    PlaceOrder,
    Tick,
    Unknown,
    VenueTrouble,
)
from capitalino.venues.replies import instant
from capitalino.venues.settings import VenueSettings

RULES_KEPT = timedelta(hours=1)
ARRIVES_WITHIN = timedelta(seconds=10)
"""The deadline that an order is sent with: after it, OKX does not execute it any more."""
RECENT = timedelta(days=2)
"""OKX lists the fills of the last three days at once, those before elsewhere."""
LOOKS_S = (0, 0.1, 0.3)
"""An order is taken in first and executed a moment later."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The rules of a pair, as they were told at an instant."""

    at: datetime
    row: InstrumentReply
    raw: dict[str, Any]


class Okx(OkxMoney):
    """Keeps `port.WholeVenue`. Every reply is validated; an order is sent once, whatever comes back."""

    name = "okx"

    def __init__(self, settings: VenueSettings, clock: Clock) -> None:
        super().__init__(Calls(settings, clock), clock)
        self._settings = settings
        self._rules: dict[Pair, Kept] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._calls.close()

    async def instruments(self, pairs: Sequence[Pair]) -> tuple[Instrument, ...]:
        """The rules of these pairs, kept for an hour."""
        return tuple([(await self._kept(pair)).row.instrument() for pair in pairs])

    async def rates(self, pairs: Sequence[Pair]) -> tuple[Tick, ...]:
        """One observation of each pair, now."""
        return tuple([await self._rate(pair) for pair in pairs])

    async def book(self, pair: Pair, depth: int = 20) -> Book:
        """The best `depth` levels of both sides."""
        raw = await self._calls.ask("public_get_market_books", {"instId": instrument_id(pair), "sz": depth})
        found = read(lambda: only_row(BookReply, raw))
        bids, asks = (tuple(Level(*row[:2]) for row in side) for side in (found.bids, found.asks))
        return Book(pair, bids, asks, self._clock.now())

    async def candles(
        self, pair: Pair, interval: Interval, *, since: datetime | None = None, limit: int = 500
    ) -> tuple[Candle, ...]:
        """At most 1,000 candles, oldest first: from `since` on, or the newest."""
        bars = Bars(self._calls.ask, instrument_id(pair), interval)
        if since is None:
            return await bars.newest(limit)
        listed_at = instant((await self._kept(pair)).row.listTime)
        return await bars.since(max(since, listed_at), limit, self._clock.now())

    async def watch(self, pairs: Sequence[Pair], *, silence_s: int = 10) -> AsyncGenerator[Tick]:
        """Observations as they come. Raises Again when the stream drops, or is silent for `silence_s`."""
        names = {instrument_id(pair): pair for pair in pairs}
        kept = [(await self._kept(pair)).raw for pair in pairs]
        client, heard, seen = open_client(self._settings), Heard(), dict[str, Any]()
        try:
            read(lambda: client.set_markets([client.parse_market(raw) for raw in kept]))
            while True:
                # A silent stream is not noticed by the client for a minute: this is the watchdog.
                async with asyncio.timeout(silence_s):
                    await judged(client.watch_tickers, client.symbols, changes=False)
                for _, ticker in fresh(client.tickers, seen):
                    tick = read(partial(_tick, ticker["info"], names, self._clock.now()))
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
            # Another amount is another order, so it is not cut to what fits.
            raise Never("amount_step", f"{order.amount} {order.pair.base} is not a whole number of steps")
        asked = {
            "instId": instrument_id(order.pair),
            "tdMode": "cash",
            "side": order.side.value,
            "ordType": "market",
            "sz": f"{order.amount:f}",
            # Left out, the amount of a market order that buys would be one of the quote asset.
            "tgtCcy": "base_ccy",
            "clOrdId": order.client_order_id,
        }
        deadline = order.sent_at + ARRIVES_WITHIN
        raw = await self._calls.ask("private_post_trade_order", asked, changes=True, deadline=deadline)
        read(lambda: the_order(TakenReply, raw, order.client_order_id), changes=True)
        return await self._what_became(order)

    async def look_up(
        self, pair: Pair, client_order_id: str, *, sent_at: datetime | None = None
    ) -> Order | None:
        """The order with our id, or nothing when the venue does not know it (yet)."""
        del sent_at  # OKX finds it by the id.
        asked = {"instId": instrument_id(pair), "clOrdId": client_order_id}
        try:
            raw = await self._calls.ask("private_get_trade_order", asked)
        except Never as refusal:
            if refusal.code in NO_SUCH_ORDER:
                return None
            raise
        found = read(lambda: the_order(OrderReply, raw, client_order_id))
        fills = await self._fills(found)
        return read(lambda: found.order(pair, fills))

    async def cancel(self, pair: Pair, client_order_id: str) -> Order | None:
        """Cancel what is open of an order. Nothing: no such order is open; look up what became of it.

        OKX only takes it in: for a moment, the order that is answered may still be open.
        """
        asked = {"instId": instrument_id(pair), "clOrdId": client_order_id}
        try:
            raw = await self._calls.ask("private_post_trade_cancel_order", asked, changes=True)
        except Never as refusal:
            if refusal.code in NO_SUCH_ORDER:
                return None
            raise
        read(lambda: the_order(TakenReply, raw, client_order_id), changes=True)
        try:
            return await self.look_up(pair, client_order_id)
        except VenueTrouble as trouble_after:
            raise Unknown(trouble_after.code, "cancelled, but what became of it was not told") from None

    async def balances(self) -> tuple[Balance, ...]:
        """What we have there, in the account that trades."""
        raw = await self._calls.ask("private_get_account_balance", {})
        account = read(lambda: only_row(AccountReply, raw))
        return tuple(row.balance() for row in account.details)

    async def _kept(self, pair: Pair) -> Kept:
        now, kept = self._clock.now(), self._rules.get(pair)
        if kept is None or now - kept.at > RULES_KEPT:
            asked = {"instType": "SPOT", "instId": instrument_id(pair)}
            try:
                raw = await self._calls.ask("public_get_public_instruments", asked)
            except Never as refusal:
                if refusal.code == NO_SUCH_PAIR:
                    raise Never("not_traded", f"{pair} is not traded there") from None
                raise
            kept = read(lambda: Kept(now, only_row(InstrumentReply, raw), raw["data"][0]))
            if kept.row.instId != instrument_id(pair):
                raise Again("garbage", "the rules of another pair")
            self._rules[pair] = kept
        return kept

    async def _rate(self, pair: Pair) -> Tick:
        raw = await self._calls.ask("public_get_market_ticker", {"instId": instrument_id(pair)})
        now = self._clock.now()
        return read(lambda: only_row(TickerReply, raw).tick(pair, now))

    async def _what_became(self, order: PlaceOrder) -> Order:
        """An order that was taken in. Only a look tells what became of it."""
        found, why = None, "not_seen"
        for pause_s in LOOKS_S:
            await asyncio.sleep(pause_s)
            try:
                found = await self.look_up(order.pair, order.client_order_id)
            except VenueTrouble as trouble_after:
                why = trouble_after.code
            if found is not None and found.state is not OrderState.OPEN:
                return found
        if found is None:
            raise Unknown(why, "placed, but what became of it was not told")
        return found

    async def _fills(self, order: OrderReply) -> tuple[FillReply, ...]:
        """All fills of an order, newest first."""
        is_recent = self._clock.now() - instant(order.cTime) < RECENT
        call = "private_get_trade_fills" if is_recent else "private_get_trade_fills_history"
        found: tuple[FillReply, ...] = ()
        while filled(found) < order.accFillSz:
            asked = {"instType": "SPOT", "ordId": order.ordId, "limit": self.rows_a_page}
            raw = await self._calls.ask(call, asked | ({"after": found[-1].billId} if found else {}))
            page = read(partial(rows, FillReply, raw))
            found = once((*found, *page), lambda fill: fill.billId)
            if len(page) < self.rows_a_page:
                break
        return found


def _tick(raw: Any, names: dict[str, Pair], now: datetime) -> Tick:
    event = TickerReply.model_validate(raw)
    return event.tick(names[event.instId], now)
