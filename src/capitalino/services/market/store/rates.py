"""Reference rates: what sources told, how they do, and the last good rates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from capitalino.kit.db import Tx
from capitalino.services.market.domain.evaluation import Good
from capitalino.services.market.domain.prices import bare
from capitalino.services.market.domain.rates import EURO, Day, Health, Sheet

# A correction is told at the same time as what it corrects; what is older than what we have is not taken.
KEEP_SOURCE = """
insert into market.rate_source as s (source, base, told_at, succeeded_at)
values (:source, :base, :told_at, :now)
on conflict (source) do update set base = excluded.base, told_at = excluded.told_at
 where s.told_at is null or s.told_at <= excluded.told_at
returning source"""

SUCCEEDED = """
update market.rate_source
   set succeeded_at = :now, failures = 0, error = null, message = null, is_shut = false
 where source = :source"""

FAILED = """
insert into market.rate_source as s (source, failed_at, failures, error, message, is_shut)
values (:source, :now, 1, :error, :message, :is_shut)
on conflict (source) do update
   set failed_at = excluded.failed_at, failures = s.failures + 1, error = excluded.error,
       message = excluded.message, is_shut = excluded.is_shut"""

KEEP_TOLD = """
insert into market.rate_told (source, asset, rate)
select :source, u.asset, u.rate
  from unnest(cast(:asset as text[]), cast(:rate as numeric[])) as u (asset, rate)"""

SHEETS = """
select s.source, s.base, s.told_at, t.asset, t.rate
  from market.rate_source s
  left join market.rate_told t on t.source = s.source and t.asset = any(cast(:assets as text[]))
 where s.base is not null"""

HEALTH = """
select source, told_at, succeeded_at, failed_at, failures, error, message, is_shut
  from market.rate_source order by source"""

GOOD = """
select base, quote, rate, groups from market.rate_good
 where base = any(cast(:assets as text[])) and quote = any(cast(:assets as text[]))"""

KEEP_GOOD = """
insert into market.rate_good (base, quote, rate, groups, at)
select u.base, u.quote, u.rate, u.groups, :now
  from unnest(cast(:base as text[]), cast(:quote as text[]), cast(:rate as numeric[]),
              cast(:groups as smallint[])) as u (base, quote, rate, groups)
on conflict (base, quote) do update set rate = excluded.rate, groups = excluded.groups, at = excluded.at"""

KEEP_DAYS = """
insert into market.rate_day as d (asset, day, rate)
select * from unnest(cast(:asset as text[]), cast(:day as date[]), cast(:rate as numeric[]))
on conflict (asset, day) do update set rate = excluded.rate where d.rate <> excluded.rate"""

# A day counts that speaks of all that is asked for; the euro itself is not written down.
DAYS = """
select day, array_agg(asset) as assets, array_agg(rate) as rates from market.rate_day
 where asset = any(cast(:assets as text[]))
   and (cast(:since as date) is null or day >= :since) and (cast(:until as date) is null or day < :until)
 group by day having count(*) = :count order by day {order} limit :limit"""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, and whether the source is left alone now."""

    error: str
    message: str
    is_shut: bool


async def keep_sheet(tx: Tx, source: str, sheet: Sheet, now: datetime) -> bool:
    """Put a sheet in the place of the last one of its source; False when it is older than that."""
    told = {"source": source, "base": sheet.base, "told_at": sheet.at, "now": now}
    taken = await tx.conn.execute(text(KEEP_SOURCE), told)
    is_newer = taken.scalar() is not None
    if is_newer:
        await tx.conn.execute(text("delete from market.rate_told where source = :source"), told)
        figures = {"asset": list(sheet.rates), "rate": [bare(rate) for rate in sheet.rates.values()]}
        await tx.conn.execute(text(KEEP_TOLD), {"source": source, **figures})
    await tx.conn.execute(text(SUCCEEDED), told)
    return is_newer


async def keep_failure(tx: Tx, source: str, failure: Failure, now: datetime) -> None:
    """Write down that it failed. What it told before stays."""
    told = {"error": failure.error, "message": failure.message, "is_shut": failure.is_shut}
    await tx.conn.execute(text(FAILED), {"source": source, "now": now, **told})


async def sheets(tx: Tx, assets: Iterable[str]) -> dict[str, Sheet]:
    """The newest sheet of every source that ever told one, with the rates of these assets only."""
    found: dict[str, Sheet] = {}
    rates: dict[str, dict[str, Decimal]] = {}
    for row in await tx.conn.execute(text(SHEETS), {"assets": sorted(assets)}):
        own = rates.setdefault(row.source, {})
        found.setdefault(row.source, Sheet(row.base, row.told_at, own))
        if row.asset is not None:
            own[row.asset] = row.rate
    return found


async def health(tx: Tx) -> dict[str, Health]:
    """How every source does that was ever asked."""
    rows = await tx.conn.execute(text(HEALTH))
    return {row.source: Health(*row) for row in rows}


async def last_good(tx: Tx, assets: Iterable[str], *, lock: bool = False) -> dict[Pair, Good]:
    """The last good rates between these assets; locked until the transaction ends if asked."""
    query = GOOD + (" order by base, quote for update" if lock else "")
    rows = await tx.conn.execute(text(query), {"assets": sorted(assets)})
    return {(row.base, row.quote): Good(row.rate, row.groups) for row in rows}


async def keep_good(tx: Tx, good: Mapping[Pair, Good], now: datetime) -> None:
    """These are good now."""
    pairs = sorted(good)
    told: dict[str, Any] = {"base": [pair[0] for pair in pairs], "quote": [pair[1] for pair in pairs]}
    told |= {"rate": [good[pair].rate for pair in pairs], "groups": [good[pair].groups for pair in pairs]}
    await tx.conn.execute(text(KEEP_GOOD), told | {"now": now})


async def keep_days(tx: Tx, days: Iterable[Day]) -> int:
    """Keep the rates of past days; how many are new or other than before."""
    rows = [(asset, day.on, bare(rate)) for day in days for asset, rate in day.rates.items()]
    told = {name: [row[place] for row in rows] for place, name in enumerate(("asset", "day", "rate"))}
    return (await tx.conn.execute(text(KEEP_DAYS), told)).rowcount


async def is_any_day(tx: Tx) -> bool:
    """Whether a past day is known at all."""
    return bool((await tx.conn.execute(text("select exists (select from market.rate_day)"))).scalar_one())


async def days(tx: Tx, pair: Pair, since: date | None, until: date | None, limit: int) -> list[Day]:
    """Oldest first: the first ones from `since` on, or without it the last ones."""
    assets = sorted({*pair} - {EURO})
    query = DAYS.format(order="desc" if since is None else "asc")
    values = {"assets": assets, "since": since, "until": until, "count": len(assets), "limit": limit}
    rows = await tx.conn.execute(text(query), values)
    found = [Day(row.day, dict(zip(row.assets, row.rates, strict=True))) for row in rows]
    return sorted(found, key=lambda day: day.on)
