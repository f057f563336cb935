-- Steps of `post_batch` that few batches need. None of it may be executed by the serving role on its own.

-- Nothing is back-dated into a closed period: 20 for a command that takes effect there.
create or replace function ledger.in_open_period(in_book text, effective timestamptz[], verdicts smallint[]) returns smallint[]
language plpgsql
as $$
declare
    closed timestamptz;
begin
    select b.closed_until into closed from ledger.book b where b.book = in_book for share;  -- a close waits for us, or we for it
    return (select array_agg(case when v = 0 and u.effective_at < closed then 20 else v end order by u.no)::smallint[]
              from unnest(effective, verdicts) with ordinality u(effective_at, v, no));
end $$;

-- All or none: when one command is refused, 21 for each that would have been accepted. Null: every one is accepted.
create or replace function ledger.together(in_whole boolean, verdicts smallint[]) returns smallint[]
language plpgsql immutable
as $$
begin
    if in_whole and exists (select from unnest(verdicts) v where v > 1) then
        verdicts := array(select case when v = 0 then 21 else v end from unnest(verdicts) with ordinality u(v, no) order by no);
    end if;
    return case when exists (select from unnest(verdicts) v where v <> 0) then verdicts end;
end $$;

-- What accepted commands count for: limits used, and given back with the hold that used them; units that were reversed.
create or replace function ledger.keep_count(
    at timestamptz, verdicts smallint[], ids uuid[], kinds text[], refs uuid[], counted numeric[], limit_keys text[],
    p_entry int[], p_moved numeric[], p_number int[]
) returns void
language sql
as $$
    insert into ledger.window_use (limit_key, recorded_at, entry_id, units)
    select c.limit_key, at, c.id, c.units
      from unnest(limit_keys, ids, counted) with ordinality c(limit_key, id, units, no)
     where c.units > 0 and (verdicts is null or verdicts[c.no] = 0);

    delete from ledger.window_use w
     using unnest(kinds, refs) with ordinality c(kind, ref, no)
      join ledger.entry h on h.entry_id = c.ref
     where c.kind in ('release', 'expire') and (verdicts is null or verdicts[c.no] = 0)
       and w.limit_key = h.limit_key and w.recorded_at = h.recorded_at and w.entry_id = h.entry_id;

    insert into ledger.reversed_posting as r (entry_id, number, units, original)
    select e.entry_id, u.number, sum(u.moved), e.units[u.number]
      from unnest(p_entry, p_number, p_moved) u(entry, number, moved)
      join ledger.entry e on e.entry_id = refs[u.entry]
     where u.number is not null and (verdicts is null or verdicts[u.entry] = 0)
     group by e.entry_id, u.number, e.units[u.number]
        on conflict (entry_id, number) do update set units = r.units + excluded.units;
$$;
