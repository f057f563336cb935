"""Assets, instruments and candles: every SQL statement about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from capitalino.kit.db import Tx
from capitalino.money import Asset
from capitalino.services.market.domain.candles import Candle, Interval, Window
from capitalino.services.market.domain.instruments import Instrument, Listing, NamedAsset
from capitalino.services.market.domain.prices import bare
from capitalino.services.market.tables import asset, instrument, listing

# `ticks` is the source of candles that we made ourselves; a venue's closed candle takes their place.
KEEP_MINUTES = """
insert into market.candle as c (instrument, interval, at, open, high, low, close, volume, source)
select u.instrument, '1m', u.at, u.open, u.high, u.low, u.close, 0, 'ticks'
  from unnest(cast(:instrument as text[]), cast(:at as timestamptz[]), cast(:open as numeric[]),
              cast(:high as numeric[]), cast(:low as numeric[]), cast(:close as numeric[]))
       as u (instrument, at, open, high, low, close)
on conflict (instrument, interval, at) do update
   set high = greatest(c.high, excluded.high), low = least(c.low, excluded.low), close = excluded.close
 where c.source = 'ticks'"""

KEEP_CLOSED = """
insert into market.candle as c (instrument, interval, at, open, high, low, close, volume, source)
select :instrument, :interval, u.at, u.open, u.high, u.low, u.close, u.volume, :source
  from unnest(cast(:at as timestamptz[]), cast(:open as numeric[]), cast(:high as numeric[]),
              cast(:low as numeric[]), cast(:close as numeric[]), cast(:volume as numeric[]))
       as u (at, open, high, low, close, volume)
on conflict (instrument, interval, at) do update
   set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
       volume = excluded.volume, source = excluded.source,
       version = c.version + case when c.close = excluded.close then 0 else 1 end
 where (c.open, c.high, c.low, c.close, c.volume, c.source)
       is distinct from
       (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.source)
returning c.at, c.close, c.version"""

VERSIONS = """
select at, version from market.candle
 where instrument = :instrument and interval = :interval and at = any(cast(:at as timestamptz[]))"""

# What a venue has told comes first; what lies after it, the open candle too, is put together from minutes.
CANDLES = """
with told as (
    select at, open, high, low, close, volume from market.candle
     where instrument = :instrument and interval = :interval and at >= :start and at < :end
), rest as (
    select date_bin(cast(:length as interval), at, timestamptz 'epoch') as at,
           (array_agg(open order by at))[1] as open, max(high) as high, min(low) as low,
           (array_agg(close order by at desc))[1] as close, sum(volume) as volume
      from market.candle
     where instrument = :instrument and interval = '1m' and at < :end
       and at >= greatest(:start, (select max(at) + cast(:length as interval) from market.candle
                                    where instrument = :instrument and interval = :interval))
     group by 1
)
select * from told union all select * from rest order by at"""

# Short looks at the ends of the index, not one aggregate over all of it.
REACH = """
select (select at from market.candle where instrument = :instrument and interval = :interval
         order by at limit 1) as first,
       (select at from market.candle where instrument = :instrument and interval = :interval
           and source <> 'ticks' order by at desc limit 1) as last_told,
       (select at from market.candle where instrument = :instrument and interval = :interval
           and source = :venue order by at desc limit 1) as last_of_venue"""

A_DAY_BEFORE = """
select i.code, c.close
  from market.instrument i
 cross join lateral (
    select close from market.candle
     where instrument = i.code and interval = '1m'
       and at <= :day_before and at > cast(:day_before as timestamptz) - interval '1 hour'
     order by at desc limit 1
 ) c"""

THROW_AWAY = "delete from market.candle where interval = '1m' and at < :before"


@dataclass(frozen=True, slots=True)
class Reach:
    """The oldest candle that is stored, the newest that any venue has told, and the newest of one venue."""

    first: datetime | None
    last_told: datetime | None
    last_of_venue: datetime | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """A candle's close, and the how manieth."""

    at: datetime
    close: Decimal
    version: int


async def assets(tx: Tx) -> list[NamedAsset]:
    """All of them, by code."""
    rows = await tx.conn.execute(select(asset).order_by(asset.c.code))
    return [NamedAsset(Asset(row.code, row.scale, row.kind), row.name) for row in rows]


async def instruments(tx: Tx) -> list[Instrument]:
    """All of them, by code."""
    rows = await tx.conn.execute(select(instrument).order_by(instrument.c.code))
    return [Instrument(row.code, row.base, row.quote, row.is_open) for row in rows]


async def listings(tx: Tx) -> list[Listing]:
    """Every instrument on every venue."""
    rows = await tx.conn.execute(select(listing).order_by(listing.c.venue, listing.c.instrument))
    return [Listing(row.venue, row.instrument, row.price_tick, row.lot, row.cost_min) for row in rows]


async def keep_minutes(tx: Tx, made: Sequence[tuple[str, Candle]]) -> None:
    """Store candles made from ticks, or widen those there are: two replicas may have seen parts of one."""
    columns = _columns([candle for _, candle in made])
    columns["instrument"] = [code for code, _ in made]
    del columns["volume"]
    await tx.conn.execute(text(KEEP_MINUTES), columns)


async def keep_closed(
    tx: Tx, code: str, interval: Interval, candles: Sequence[Candle], *, source: str
) -> list[Close]:
    """Store what a venue has told. Gives back the closes that are new or other than before, oldest first."""
    about = {"instrument": code, "interval": interval.value}
    before = await tx.conn.execute(text(VERSIONS), about | {"at": [candle.at for candle in candles]})
    versions = {row.at: row.version for row in before}
    rows = await tx.conn.execute(text(KEEP_CLOSED), about | _columns(candles) | {"source": source})
    changed = [Close(row.at, row.close, row.version) for row in rows]
    return sorted(
        (close for close in changed if close.version != versions.get(close.at)), key=lambda close: close.at
    )


async def reach(tx: Tx, code: str, interval: Interval, venue: str | None = None) -> Reach:
    """How far the stored candles reach."""
    about = {"instrument": code, "interval": interval.value, "venue": venue}
    row = (await tx.conn.execute(text(REACH), about)).one()
    return Reach(row.first, row.last_told, row.last_of_venue)


async def candles(tx: Tx, code: str, interval: Interval, wanted: Window) -> list[Candle]:
    """The candles of a window, oldest first. What no venue has told yet is put together from minutes."""
    values: dict[str, Any] = {"instrument": code, "interval": interval.value, "length": interval.length}
    rows = await tx.conn.execute(text(CANDLES), values | {"start": wanted.start, "end": wanted.end})
    return [Candle(row.at, row.open, row.high, row.low, row.close, row.volume) for row in rows]


async def prices_at(tx: Tx, day_before: datetime) -> dict[str, Decimal]:
    """What each instrument cost then, or at most an hour before that."""
    rows = await tx.conn.execute(text(A_DAY_BEFORE), {"day_before": day_before})
    return {row.code: row.close for row in rows}


async def throw_away_minutes(tx: Tx, before: datetime) -> None:
    """Delete the candles of minutes that are older."""
    await tx.conn.execute(text(THROW_AWAY), {"before": before})


def _columns(candles: Sequence[Candle]) -> dict[str, list[Any]]:
    figures = ("open", "high", "low", "close", "volume")
    return {
        "at": [candle.at for candle in candles],
        **{name: [bare(getattr(candle, name)) for candle in candles] for name in figures},
    }
