-- Reading on the time axes. These run with the caller's own rights.

-- The recorded axis: recorded_at grows with the gapless version, so halving through the primary key finds the last
-- line at or before `t` in log2(n) probes, without a second index on the way of every posting.
create or replace function ledger.version_at(in_account bigint, t timestamptz) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    low bigint := 0; high bigint; middle bigint; seen timestamptz;
begin
    select a.version into high from ledger.account a where a.account_id = in_account;
    while low < high loop
        middle := (low + high + 1) / 2;
        select l.recorded_at into seen from ledger.line l where l.account_id = in_account and l.version = middle;
        if seen <= t then low := middle; else high := middle - 1; end if;
    end loop;
    return low;
end $$;

-- The posted balance as the book knew it at `t` (recorded), and as it was in truth by what is known now (effective):
-- the lines recorded by then, without those that took effect later, with those recorded later that count back.
create or replace function ledger.balance_at(in_account bigint, t timestamptz, out recorded numeric, out effective numeric)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with seen as (
        select coalesce((select l.posted from ledger.line l
                          where l.account_id = in_account and l.version = ledger.version_at(in_account, t)), 0) as posted
    )
    select s.posted,
           s.posted
           - coalesce((select sum(l.units) from ledger.line l
                        where l.account_id = in_account and l.effective_at > t and l.recorded_at <= t), 0)
           + coalesce((select sum(l.units) from ledger.line l
                        where l.account_id = in_account and l.effective_at <= t and l.recorded_at > t), 0)
      from seen s
$$;

-- The last line of an entry on each account that it touched. Lines carry no index on their entry: the entry knows its
-- accounts and its time, and one batch gives all its lines of an account the same time.
create or replace function ledger.lines_of(in_entry uuid)
returns table (address text, asset text, version bigint, posted numeric, held_out numeric, held_in numeric)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select a.address, a.asset, l.version, l.posted, l.held_out, l.held_in
      from (select distinct u.account_id, e.recorded_at
              from ledger.entry e cross join unnest(e.source || e.destination) u(account_id)
             where e.entry_id = in_entry and e.status = 0) x
     cross join lateral (
            select l.version, l.posted, l.held_out, l.held_in from ledger.line l
             where l.account_id = x.account_id and l.version <= ledger.version_at(x.account_id, x.recorded_at)
               and l.entry_id = in_entry
             order by l.version desc limit 1) l
      join ledger.account a on a.account_id = x.account_id
$$;
