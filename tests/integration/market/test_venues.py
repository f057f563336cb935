"""Several venues make one price: it survives the death of some, and is no number without a quorum."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from capitalino.contracts.market.api import FindPrice
from capitalino.kit.bus import Bus
from capitalino.kit.db import Database
from capitalino.services.market.domain.candles import Interval
from capitalino.services.market.domain.feeds import FeedState
from capitalino.services.market.errors import PriceUnavailable, PriceWithoutQuorum
from capitalino.venues.port import Again, Never
from tests.integration.market.maker import BTC, ETH, Market, ScriptedVenue, facts, tick
from tests.support.clock import NOON, SettableClock

BITCOIN = FindPrice(base="BTC", quote="EUR")
NAMES = ("binance", "kraken", "okx", "coinbase")
DAY = timedelta(days=1)
MIDNIGHT = NOON - timedelta(hours=12)


@pytest.fixture
def venues(clock: SettableClock) -> list[ScriptedVenue]:
    """The four of them."""
    return [ScriptedVenue(clock, name=name) for name in NAMES]


@pytest.fixture
async def market(db: Database, bus: Bus, venues: list[ScriptedVenue], clock: SettableClock) -> Market:
    """A market that reads all four."""
    made = Market(db, bus, venues[0], clock, *venues[1:], reconnect_s=0.05)
    await made.catalogue.read()
    return made


@pytest.fixture
async def told(bus: Bus) -> asyncio.Queue[dict[str, Any]]:
    """What everybody is told of prices."""
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def hear(_: str, payload: dict[str, Any]) -> None:
        heard.put_nowait(payload)

    await bus.listen("market.price.>", hear)
    return heard


async def say(market: Market, clock: SettableClock, **mids: int) -> None:
    """Let venues say what bitcoin costs."""
    for venue, mid in mids.items():
        await market.observations.take(venue, tick(BTC, mid, clock.now()))


async def test_without_a_quorum_nothing_is_served_or_told(
    market: Market, clock: SettableClock, told: asyncio.Queue[dict[str, Any]]
) -> None:
    with pytest.raises(PriceUnavailable) as refused:
        await market.prices.find_price(BITCOIN)
    assert {one["verdict"] for one in refused.value.details["opinions"]} == {"silent"}
    await say(market, clock, kraken=1000)
    with pytest.raises(PriceWithoutQuorum) as doubted:
        await market.prices.find_price(BITCOIN)
    assert (doubted.value.code, doubted.value.details["needed"]) == ("market.price_without_quorum", 2)
    assert {one["source"]: one["verdict"] for one in doubted.value.details["opinions"]} == {
        "binance": "silent",
        "kraken": "accepted",
        "okx": "silent",
        "coinbase": "silent",
    }
    assert market.prices.prices("EUR") == {}
    clock.advance(0.25)
    await say(market, clock, binance=1002)
    first = await asyncio.wait_for(told.get(), 5)
    assert (first["mid"], first["sources"]) == ("1001", ["binance", "kraken"])
    assert told.empty()


async def test_a_venue_far_from_the_others_is_left_out_and_told_so(
    market: Market, clock: SettableClock
) -> None:
    await say(market, clock, binance=1000, kraken=1002, okx=1004, coinbase=2000)
    price = await market.prices.find_price(BITCOIN)
    assert [price.bid, price.mid, price.ask] == [1001, 1002, 1003]
    assert [price.best_bid, price.best_ask] == [1003, 1001]
    assert price.sources == ("binance", "kraken", "okx")
    apart = price.opinions[-1]
    assert [apart.source, apart.verdict, apart.bid, apart.age_ms] == ["coinbase", "apart", 1999, 0]


async def test_venues_that_quarrel_make_no_price_and_no_candle(market: Market, clock: SettableClock) -> None:
    await say(market, clock, binance=1000, kraken=1500)
    with pytest.raises(PriceWithoutQuorum):
        await market.prices.find_price(BITCOIN)
    await market.observations.keep_minutes()
    found, _ = await market.history.find_candles("BTC/EUR", Interval.MINUTE, NOON, None, 5)
    assert found == []


async def test_a_venue_that_dies_fades_out_and_the_others_carry_on(
    market: Market, clock: SettableClock
) -> None:
    await say(market, clock, binance=1000, kraken=1002, okx=1004)
    clock.advance(11)
    await say(market, clock, kraken=1006, okx=1008)
    price = await market.prices.find_price(BITCOIN)
    assert [price.mid, price.sources] == [1007, ("kraken", "okx")]
    assert [one.verdict for one in price.opinions] == ["stale", "accepted", "accepted", "silent"]
    clock.advance(11)
    await say(market, clock, okx=1008)
    with pytest.raises(PriceWithoutQuorum):
        await market.prices.find_price(BITCOIN)
    clock.advance(11)
    with pytest.raises(PriceUnavailable):
        await market.prices.find_price(BITCOIN)


async def test_a_price_by_two_instruments_carries_the_evaluation_of_both(
    market: Market, clock: SettableClock
) -> None:
    await say(market, clock, binance=50_000, kraken=50_000)
    for venue in ("okx", "coinbase"):
        await market.observations.take(venue, tick(ETH, 2_000, clock.now()))
    price = await market.prices.find_price(FindPrice(base="BTC", quote="ETH"))
    assert price.mid == 25
    assert price.sources == ("binance", "coinbase", "kraken", "okx")
    assert [one.instrument for one in price.opinions] == ["BTC/EUR"] * 4 + ["ETH/EUR"] * 4


async def test_an_instrument_that_one_venue_lists_needs_no_other(
    market: Market, db: Database, clock: SettableClock
) -> None:
    async with db.begin() as tx:
        gone = "delete from market.listing where instrument = 'BTC/EUR' and venue <> 'okx'"
        await tx.conn.execute(text(gone))
    await market.catalogue.read()
    await say(market, clock, okx=1000)
    assert (await market.prices.find_price(BITCOIN)).sources == ("okx",)


async def test_how_a_feed_does_is_told_to_the_other_replicas(
    market: Market, db: Database, nats_url: str, venues: list[ScriptedVenue], clock: SettableClock
) -> None:
    bus = Bus(nats_url, "market")
    await bus.open()
    other = Market(db, bus, venues[0], clock, *venues[1:])
    await other.listen()
    await bus.nc.flush()
    kraken = market.live.each[1]
    assert [one.state for one in market.live.feeds.all()] == [FeedState.UNREAD] * 4

    class Watched(list[Any]):
        """Between two ticks the replica tells how it does."""

        def __iter__(self) -> Any:
            for n in range(3):
                yield tick(BTC, 1000 + n, clock.now() - timedelta(milliseconds=250))
                clock.advance(1)
            yield Again("silent", "the stream was silent for 5 s")

    async def beat() -> None:
        while True:
            await market.live.feeds.tell()
            await asyncio.sleep(0)

    venues[1].told = Watched()
    beating = asyncio.ensure_future(beat())
    await kraken.round()
    beating.cancel()
    async with asyncio.timeout(5):
        while (found := other.live.feeds.all()[1]).health.error is None:
            await asyncio.sleep(0.005)
    assert (found.state, found.health.venue) == (FeedState.LOST, "kraken")
    assert (found.health.error, found.health.message) == ("silent", "the stream was silent for 5 s")
    assert (found.health.ticks, found.health.connected_at, found.health.reconnects) == (3, None, 0)
    assert found.health.last_tick_at == NOON + timedelta(seconds=1, milliseconds=750)
    clock.advance(6)
    assert other.live.feeds.all()[1].state is FeedState.UNREAD
    await bus.close()


async def closes(market: Market) -> dict[str, tuple[str, int]]:
    """The source and the version of each day's candle of bitcoin."""
    async with market.db.read() as tx:
        query = (
            "select at, source, version from market.candle where instrument = 'BTC/EUR' and interval = '1d'"
        )
        return {str(row.at.date()): (row.source, row.version) for row in await tx.conn.execute(text(query))}


async def test_candles_come_from_the_next_venue_while_the_first_is_away(
    market: Market, venues: list[ScriptedVenue], clock: SettableClock
) -> None:
    await market.history.round()
    assert {source for source, _ in (await closes(market)).values()} == {"binance"}
    clock.set(MIDNIGHT + DAY + timedelta(minutes=1))
    venues[0].trouble = Again("503", "later")
    venues[1].trouble = Never("not_traded", "BTC/EUR is not traded there")
    await market.history.round()
    assert (await closes(market))["2026-03-20"] == ("okx", 1)
    asked = [one.name for one in venues if any(call[0] == "candles" for call in one.asked)]
    assert asked == ["binance", "kraken", "okx"]
    before = len(await facts(market.db))
    venues[0].corrected[MIDNIGHT] = Decimal(77)
    await market.history.round()
    assert (await closes(market))["2026-03-20"] == ("binance", 2)
    new = (await facts(market.db))[before:]
    assert [(fact["base"], fact["close"], fact["version"]) for fact in new] == [("BTC", "77", 2)] + [
        (base, "77", 2) for base in ("ETH", "LTC")
    ]


async def test_a_history_that_others_began_is_filled_in_by_the_first_venue(
    market: Market, venues: list[ScriptedVenue]
) -> None:
    venues[0].trouble = Again("503", "later")
    await market.history.round()
    assert {source for source, _ in (await closes(market)).values()} == {"kraken"}
    await market.history.round()
    found = await closes(market)
    assert set(found.values()) == {("binance", 1)}
    assert len(found) == market.settings.days_back
