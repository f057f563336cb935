"""Ticks reach every replica; a lost, silent or lying feed never makes an old price look new."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from capitalino.contracts.market.api import FindPrice
from capitalino.kit.bus import Bus
from capitalino.kit.db import Database
from capitalino.money import ASSETS
from capitalino.services.market.domain.candles import Interval
from capitalino.services.market.errors import InstrumentUnknown, PriceUnavailable
from capitalino.venues.port import Again, Tick
from tests.integration.market.maker import BTC, ETH, LTC, Market, ScriptedVenue, tick
from tests.support.clock import NOON, SettableClock

BITCOIN = FindPrice(base="BTC", quote="EUR")


@pytest.fixture
async def other(
    db: Database, nats_url: str, venue: ScriptedVenue, clock: SettableClock
) -> AsyncIterator[Market]:
    """Another replica, which reads no venue."""
    bus = Bus(nats_url, "market")
    await bus.open()
    made = Market(db, bus, venue, clock)
    await made.catalogue.read()
    await made.listen()
    await bus.nc.flush()
    yield made
    await bus.close()


async def soon(found: Callable[[], Awaitable[Any]]) -> Any:
    """What is found, tried until it is no longer refused."""
    async with asyncio.timeout(5):
        while True:
            try:
                return await found()
            except PriceUnavailable:
                await asyncio.sleep(0.005)


async def test_a_tick_is_served_by_the_replica_that_read_it_and_by_the_others(
    market: Market, other: Market, venue: ScriptedVenue, clock: SettableClock
) -> None:
    venue.told = [tick(BTC, 100, clock.now(), open_24h=80)]
    await market.feed.round()
    for replica in (market, other):
        price = await soon(lambda replica=replica: replica.prices.find_price(BITCOIN))  # type: ignore[misc]
        assert [price.bid, price.mid, price.ask] == [99, 100, 101]
        assert (price.at, price.age_ms, price.sources) == (NOON, 0, ("binance",))
        assert replica.prices.price("BTC", "EUR").change_24h == Decimal("0.2500")


async def test_a_price_grows_old_and_is_then_refused_until_there_is_a_new_one(
    market: Market, venue: ScriptedVenue, clock: SettableClock
) -> None:
    venue.told = [tick(BTC, 100, clock.now())]
    await market.feed.round()
    clock.advance(9.5)
    assert (await market.prices.find_price(BITCOIN)).age_ms == 9500
    clock.advance(0.6)
    with pytest.raises(PriceUnavailable) as refused:
        await market.prices.find_price(BITCOIN)
    assert refused.value.code == "market.price_unavailable"
    venue.told = [tick(BTC, 120, clock.now())]
    await market.feed.round()
    assert (await market.prices.find_price(BITCOIN)).mid == 120


async def test_signals_are_conflated_and_the_last_tick_is_always_told(
    market: Market, bus: Bus, venue: ScriptedVenue, clock: SettableClock
) -> None:
    heard: list[dict[str, Any]] = []
    last = asyncio.Event()

    async def hear(subject: str, payload: dict[str, Any]) -> None:
        assert subject == "market.price.BTC.EUR"
        heard.append(payload)
        if payload["mid"] == "200":
            last.set()

    await bus.listen("market.price.>", hear)
    for n in range(101):
        clock.advance(0.01)
        await market.observations.take("binance", tick(BTC, 100 + n, clock.now()))
    clock.advance(0.25)
    await market.observations.signal()
    await asyncio.wait_for(last.wait(), 5)
    assert 4 <= len(heard) <= 6  # of 101 in a second
    assert heard[-1] == {
        "instrument": "BTC/EUR",
        "bid": "199",
        "ask": "201",
        "mid": "200",
        "change_24h": "1.0000",
        "at": "2026-03-20T12:00:01.010000Z",
        "sources": ["binance"],
    }


async def test_a_feed_that_is_lost_is_connected_again_with_the_next_round(
    market: Market, venue: ScriptedVenue, clock: SettableClock
) -> None:
    venue.told = [Again("silent", "the stream was silent for 5 s")]
    await market.feed.round()
    venue.told = [tick(BTC, 100, clock.now())]
    await market.feed.round()
    watched = ("watch", (BTC, ETH, LTC))
    assert venue.asked == [watched, ("close",), watched, ("close",)]
    assert (await market.prices.find_price(BITCOIN)).mid == 100


async def test_a_pair_that_stands_still_is_asked_for(
    market: Market, venue: ScriptedVenue, clock: SettableClock
) -> None:
    class Slow(list[Tick]):
        """Between two of its ticks five seconds pass."""

        def __iter__(self) -> Any:
            for n in range(3):
                clock.advance(2.5)
                yield tick(BTC, 100 + n, clock.now())

    venue.told = Slow()  # type: ignore[assignment]
    await market.feed.round()
    assert ("rates", (ETH, LTC)) in venue.asked
    assert market.prices.price("ETH", "EUR").mid == 7
    assert market.prices.price("BTC", "EUR").mid == 102


async def test_a_tick_that_cannot_be_is_not_believed(
    market: Market, venue: ScriptedVenue, clock: SettableClock
) -> None:
    crossed = Tick(BTC, Decimal(101), Decimal(99), Decimal(100), Decimal(100), clock.now(), clock.now())
    venue.told = [crossed]
    await market.feed.round()
    with pytest.raises(PriceUnavailable):
        await market.prices.find_price(BITCOIN)


async def test_without_a_bus_the_replica_that_reads_goes_on_serving(
    market: Market, bus: Bus, clock: SettableClock
) -> None:
    await bus.close()
    await market.observations.take("binance", tick(BTC, 100, clock.now()))
    assert (await market.prices.find_price(BITCOIN)).mid == 100


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"instrument": "BTC/EUR", "bid": 99.5},
        {
            "instrument": "BTC/EUR",
            "bid": "3",
            "ask": "2",
            "mid": "2.5",
            "change_24h": None,
            "at": "2026-03-20T12:00:00Z",
            "source": "x",
        },
        {
            "instrument": "BTC/EUR",
            "bid": "1",
            "ask": "2",
            "mid": "1.5",
            "change_24h": "much",
            "at": "2026-03-20T12:00:00Z",
            "source": "x",
        },
    ],
)
async def test_a_signal_that_makes_no_sense_is_left_alone(market: Market, payload: dict[str, Any]) -> None:
    await market.prices.hear_signal("market.tick.BTC.EUR", payload)
    with pytest.raises(PriceUnavailable):
        await market.prices.find_price(BITCOIN)


async def test_the_change_of_a_day_comes_from_our_own_candles_where_there_are_some(
    market: Market, venue: ScriptedVenue, clock: SettableClock
) -> None:
    await market.history.round()
    await market.observations.look_back()
    before, _ = await market.history.find_candles(
        "BTC/EUR", Interval.MINUTE, NOON - timedelta(days=1), None, 1
    )
    venue.told = [tick(BTC, int(before[0].close) * 2, clock.now(), open_24h=1)]
    await market.feed.round()
    assert market.prices.price("BTC", "EUR").change_24h == 1


async def test_cross_rates_need_both_legs(market: Market, venue: ScriptedVenue, clock: SettableClock) -> None:
    venue.told = [tick(BTC, 50_000, clock.now())]
    await market.feed.round()
    with pytest.raises(PriceUnavailable) as refused:
        market.prices.price("BTC", "ETH")
    assert refused.value.details["instrument"] == "ETH/EUR"
    venue.told = [tick(ETH, 2_000, clock.now())]
    await market.feed.round()
    assert market.prices.price("BTC", "ETH").mid == 25
    assert market.prices.price("EUR", "ETH").mid == Decimal("0.0005")
    assert list(market.prices.prices("EUR")) == ["BTC", "ETH"]
    assert list(market.prices.prices("BTC")) == ["ETH", "EUR"]


@pytest.mark.parametrize(
    ("base", "quote", "why"),
    [
        ("XRP", "EUR", "There is no asset XRP."),
        ("EUR", "EUR", "EUR has no price in itself."),
        ("EUR", "USD", "One fiat currency in another, as EUR in USD, has a reference rate and no price."),
        ("BTC", "USD", "BTC is not priced in USD."),
    ],
)
async def test_what_is_not_priced_is_refused_with_the_reason(
    market: Market, base: str, quote: str, why: str
) -> None:
    with pytest.raises(InstrumentUnknown) as refused:
        await market.prices.find_price(FindPrice(base=base, quote=quote))
    assert (refused.value.message, refused.value.code) == (why, "market.instrument_unknown")


async def test_nothing_is_listed_in_what_nothing_is_priced_in(market: Market) -> None:
    with pytest.raises(InstrumentUnknown):
        market.prices.prices("USD")


async def test_minutes_that_cannot_be_stored_are_stored_later(
    market: Market, db: Database, clock: SettableClock
) -> None:
    await market.observations.take("binance", tick(BTC, 100, clock.now()))
    await db.close()
    broken, market.observations._db = (
        market.observations._db,
        Database("postgresql://127.0.0.1:1/x", db.schema),
    )
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the driver says
        await market.observations.keep_minutes()
    market.observations._db = broken
    await market.observations.keep_minutes()
    clock.advance(60)
    found, _ = await market.history.find_candles("BTC/EUR", Interval.MINUTE, NOON, None, 5)
    assert [int(candle.close) for candle in found] == [100]


async def test_the_assets_of_the_market_are_those_of_money(market: Market) -> None:
    assert {code: named.asset for code, named in market.catalogue.assets.items()} == ASSETS
    assert all(named.name for named in market.catalogue.assets.values())


async def test_an_instrument_that_is_closed_is_not_read_and_has_no_price(
    market: Market, fresh_database: Any, venue: ScriptedVenue, clock: SettableClock, db: Database
) -> None:
    async with db.begin() as tx:
        await tx.conn.execute(text("update market.instrument set is_open = false where code = 'BTC/EUR'"))
    await market.catalogue.read()
    await market.feed.round()
    assert venue.asked[0] == ("watch", (ETH, LTC))
    with pytest.raises(InstrumentUnknown):
        market.prices.price("BTC", "EUR")
