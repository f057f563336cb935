-- Limits by rolling window. A key without a limit has no room at all.

-- What each key may still use at `at`: the least that any of its windows leaves. The caller holds the locks of the keys.
create or replace function ledger.limit_room(keys text[], at timestamptz) returns numeric[]
language sql stable
as $$
    select array_agg(coalesce((
               select min(l.units - coalesce((select sum(w.units) from ledger.window_use w
                                               where w.limit_key = l.limit_key
                                                 and w.recorded_at > at - make_interval(secs => l.window_s)), 0))
                 from ledger.window_limit l where l.limit_key = k.key), 0) order by k.no)
      from unnest(keys) with ordinality k(key, no)
$$;

-- Replaces all windows of a key.
create or replace function ledger.set_limits(in_key text, windows bigint[], allowed numeric[]) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from ledger.window_limit where limit_key = in_key order by window_s for update;
    delete from ledger.window_limit where limit_key = in_key and window_s <> all (windows);
    insert into ledger.window_limit (limit_key, window_s, units)
    select in_key, u.window_s, u.units from unnest(windows, allowed) u(window_s, units)
        on conflict (limit_key, window_s) do update set units = excluded.units, changed_at = now();
end $$;
