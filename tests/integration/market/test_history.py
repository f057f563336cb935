"""History is filled in once, topped up, corrected, and told: each day's close once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from capitalino.kit.bus import Bus
from capitalino.kit.db import Database
from capitalino.services.market.domain.candles import Candle, Interval
from capitalino.services.market.errors import InstrumentUnknown
from capitalino.services.market.settings import MarketSettings
from capitalino.services.market.store import candles as store
from capitalino.venues.port import Again
from tests.integration.market.maker import BTC, Market, ScriptedVenue, facts, tick
from tests.support.clock import NOON, SettableClock

MIDNIGHT = NOON - timedelta(hours=12)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
INSTRUMENTS, DAYS, HOURS, MINUTES = 3, 731, 48, 1500


async def count(db: Database, interval: str) -> int:
    """Stored candles of BTC/EUR."""
    async with db.read() as tx:
        found = await tx.conn.execute(
            text("select count(*) from market.candle where instrument = 'BTC/EUR' and interval = :interval"),
            {"interval": interval},
        )
        return int(found.scalar_one())


async def closes(market: Market, interval: Interval, since: datetime, limit: int = 500) -> list[int]:
    """The closes of BTC/EUR."""
    found, _ = await market.history.find_candles("BTC/EUR", interval, since, None, limit)
    return [int(candle.close) for candle in found]


async def test_at_first_two_years_of_days_and_two_days_of_minutes_are_filled_in(
    db: Database, bus: Bus, venue: ScriptedVenue, clock: SettableClock
) -> None:
    usual = {"days_back": 800, "hours_back": 2160, "minutes_back": 2880}
    assert {name: MarketSettings.model_fields[name].default for name in usual} == usual
    market = Market(db, bus, venue, clock, **usual)
    await market.catalogue.read()
    await market.history.round()
    assert await count(db, "1d") == 800 >= 2 * 365
    assert await count(db, "1m") == 2880
    assert await count(db, "1h") == 2160


async def test_filling_in_again_changes_nothing_and_tells_nothing(
    market: Market, db: Database, venue: ScriptedVenue
) -> None:
    await market.history.round()
    told = await facts(db)
    venue.asked.clear()
    await market.history.round()
    assert await count(db, "1d") == DAYS
    assert await facts(db) == told
    assert [asked for asked in venue.asked if asked[0] == "candles"] == []


async def test_every_day_that_was_filled_in_is_told_once(market: Market, db: Database) -> None:
    await market.history.round()
    told = await facts(db)
    assert len(told) == INSTRUMENTS * DAYS
    assert len({(fact["base"], fact["on"]) for fact in told}) == len(told)
    last = [fact for fact in told if fact["base"] == "BTC"][-1]
    assert (last["on"], last["quote"], last["version"]) == ("2026-03-19", "EUR", 1)
    assert last["close"] == str(11 + (MIDNIGHT - DAY - datetime(2020, 1, 1, tzinfo=UTC)).days)


async def test_a_day_is_told_when_it_has_closed_and_not_before(
    market: Market, db: Database, clock: SettableClock
) -> None:
    await market.history.round()
    before = len(await facts(db))
    clock.set(MIDNIGHT + DAY + timedelta(seconds=4))  # the venue has five seconds to finish its candle
    await market.history.round()
    assert len(await facts(db)) == before
    clock.set(MIDNIGHT + DAY + timedelta(seconds=6))
    await market.history.round()
    new = (await facts(db))[before:]
    assert [(fact["base"], fact["on"]) for fact in new] == [
        (base, "2026-03-20") for base in ("BTC", "ETH", "LTC")
    ]


async def test_a_corrected_close_is_told_again_with_a_higher_version(
    market: Market, db: Database, venue: ScriptedVenue, clock: SettableClock
) -> None:
    await market.history.round()
    before = len(await facts(db))
    venue.corrected[MIDNIGHT - DAY] = Decimal(77)
    clock.advance(DAY.total_seconds())
    await market.history.round()
    new = [fact for fact in (await facts(db))[before:] if fact["base"] == "BTC"]
    assert [(fact["on"], fact["version"]) for fact in new] == [("2026-03-19", 2), ("2026-03-20", 1)]
    assert new[0]["close"] == "77"


async def test_a_venue_in_trouble_is_asked_again_and_nothing_is_told_twice(
    market: Market, db: Database, venue: ScriptedVenue
) -> None:
    venue.page_max = 300
    venue.trouble = Again("503", "later")
    await market.history.round()
    assert await facts(db) == []
    await market.history.round()
    told = await facts(db)
    assert len(told) == len({(fact["base"], fact["on"]) for fact in told}) == INSTRUMENTS * DAYS


async def test_after_an_outage_the_gap_is_filled(market: Market, db: Database, clock: SettableClock) -> None:
    await market.history.round()
    clock.advance(3 * 3600)
    await market.history.round()
    assert await count(db, "1m") == MINUTES + 180
    assert await count(db, "1h") == HOURS + 3


async def test_candles_that_cannot_be_are_left_out(
    market: Market, db: Database, venue: ScriptedVenue
) -> None:
    venue.corrected[MIDNIGHT - DAY] = Decimal(-5)
    await market.history.round()
    assert await count(db, "1d") == DAYS - 1


async def test_a_venues_minute_replaces_ours_and_ours_never_a_venues(
    market: Market, db: Database, clock: SettableClock
) -> None:
    await market.history.round()
    await market.observations.take("binance", tick(BTC, 500, clock.now()))
    await market.observations.keep_minutes()
    assert (await closes(market, Interval.MINUTE, NOON)) == [500]
    clock.advance(66)
    await market.history.round()
    venues = await closes(market, Interval.MINUTE, NOON)
    assert venues[0] != 500
    await market.observations.take("binance", tick(BTC, 900, NOON))
    await market.observations.keep_minutes()
    assert await closes(market, Interval.MINUTE, NOON) == venues


async def test_two_replicas_that_saw_parts_of_a_minute_make_one_candle(
    market: Market, db: Database, bus: Bus, venue: ScriptedVenue, clock: SettableClock
) -> None:
    other = Market(db, bus, venue, clock)
    await other.catalogue.read()
    for replica, mid in ((market, 100), (market, 120), (other, 90), (other, 95)):
        clock.advance(1)
        await replica.observations.take("binance", tick(BTC, mid, clock.now()))
        await replica.observations.keep_minutes()
    found, _ = await market.history.find_candles("BTC/EUR", Interval.MINUTE, NOON, None, 10)
    assert [(int(one.open), int(one.high), int(one.low), int(one.close)) for one in found] == [
        (100, 120, 90, 95)
    ]


async def minutes(db: Database, start: datetime, *figures: int) -> None:
    """One minute after the other; 0 leaves one out. The high is one above, the low one below."""
    made = [
        (
            "BTC/EUR",
            Candle(
                start + n * MINUTE, Decimal(figure), Decimal(figure + 1), Decimal(figure - 1), Decimal(figure)
            ),
        )
        for n, figure in enumerate(figures)
        if figure
    ]
    async with db.begin() as tx:
        await store.keep_minutes(tx, made)


async def test_five_minutes_are_put_together_from_minutes_with_gaps_in_them(
    market: Market, db: Database, clock: SettableClock
) -> None:
    await minutes(db, NOON, 100, 110, 0, 90, 105, 0, 0, 0, 0, 0, 50)
    clock.advance(12 * 60)
    found, following = await market.history.find_candles("BTC/EUR", Interval.FIVE_MINUTES, NOON, None, 10)
    assert [candle.at for candle in found] == [NOON, NOON + 10 * MINUTE]
    first = found[0]
    assert [int(price) for price in (first.open, first.high, first.low, first.close)] == [100, 111, 89, 105]
    assert following is None


async def test_the_open_hour_and_the_open_day_come_from_minutes(
    market: Market, db: Database, clock: SettableClock
) -> None:
    clock.advance(30 * 60)
    await market.history.round()
    hours = await closes(market, Interval.HOUR, NOON - timedelta(hours=2))
    days = await closes(market, Interval.DAY, MIDNIGHT - 2 * DAY)
    last_minute = (await closes(market, Interval.MINUTE, NOON))[-1]
    assert len(hours) == len(days) == 3
    assert hours[-1] == days[-1] == last_minute


async def test_a_long_history_is_read_in_pages(market: Market) -> None:
    await market.history.round()
    seen: list[datetime] = []
    since: datetime | None = datetime(2000, 1, 1, tzinfo=UTC)
    while since:
        found, since = await market.history.find_candles("BTC/EUR", Interval.DAY, since, NOON, 300)
        assert len(found) <= 300
        seen += [candle.at for candle in found]
    assert len(seen) == len(set(seen)) == DAYS + 1
    assert seen == sorted(seen)


async def test_without_a_beginning_the_newest_candles_are_read(market: Market) -> None:
    await market.history.round()
    found, following = await market.history.find_candles("BTC/EUR", Interval.DAY, None, None, 30)
    assert (len(found), found[-1].at, following) == (30, MIDNIGHT, None)


async def test_an_unknown_instrument_has_no_candles(market: Market) -> None:
    with pytest.raises(InstrumentUnknown):
        await market.history.find_candles("XRP/EUR", Interval.DAY, None, None, 30)


async def test_old_minutes_are_thrown_away_and_days_are_kept(
    market: Market, db: Database, clock: SettableClock
) -> None:
    await market.history.round()
    clock.advance(91 * DAY.total_seconds())
    await market.history.throw_away()
    assert await count(db, "1m") == 0
    assert await count(db, "1d") == DAYS
