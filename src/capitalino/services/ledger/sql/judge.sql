-- What `post_batch` leans on. None of it may be executed by the serving role on its own.

-- Bits of `account.state`: 1 frozen in, 2 frozen out, 4 closed. Giving held units back is always allowed.
create or replace function ledger.barred(state smallint, takes boolean, gives boolean) returns boolean
language sql immutable
return (takes and state & 6 <> 0) or (gives and state & 5 <> 0);

-- The postings of a batch in which holds are taken or resolved: those sent, and those that resolved holds bring along,
-- first. `units` is what the entry keeps, `moved` what changes the posted balance, `held` what changes the pending one.
-- `found`, one a command: its hold was there. A hold that commits a moment later has not been locked, so it stays unknown.
create or replace function ledger.unfold(
    kinds text[], holds uuid[], parts numeric[], p_entry int[], p_source bigint[], p_destination bigint[], p_asset text[], p_units numeric[],
    out entry int[], out source bigint[], out destination bigint[], out asset text[], out units numeric[], out moved numeric[], out held numeric[],
    out found boolean[]
)
language sql stable
as $$
    with command as materialized (
        select * from unnest(kinds, holds, parts) with ordinality c(kind, hold, part, no)
    ), posting as (
        select u.entry, 1 as turn, u.no, u.source, u.destination, u.asset, u.units,
               case when c.kind <> 'hold' then u.units end as moved, case when c.kind = 'hold' then u.units end as held
          from unnest(p_entry, p_source, p_destination, p_asset, p_units) with ordinality u(entry, source, destination, asset, units, no)
          join command c on c.no = u.entry
        union all
        select c.no, 0, i, h.source[i], h.destination[i], null, coalesce(c.part, h.units[i]),
               case when c.kind = 'capture' then coalesce(c.part, h.units[i]) end, -h.units[i]
          from command c
          join ledger.entry h on h.entry_id = c.hold and h.kind = 'hold' and h.status = 0
         cross join generate_subscripts(h.units, 1) i
         where c.part is null or (c.part between 1 and h.units[1] and cardinality(h.units) = 1)
         order by 1, 2, 3
    )
    select coalesce(array_agg(p.entry), '{}'), coalesce(array_agg(p.source), '{}'), coalesce(array_agg(p.destination), '{}'),
           coalesce(array_agg(p.asset), '{}'), coalesce(array_agg(p.units), '{}'), coalesce(array_agg(p.moved), '{}'), coalesce(array_agg(p.held), '{}'),
           (select array_agg(exists (select from ledger.entry h where h.entry_id = c.hold and h.kind = 'hold' and h.status = 0) order by c.no) from command c)
      from posting p
$$;

-- Called under the locks: what is known of each id and its hold already. 0: nothing stands against it so far;
-- negative: the same as that earlier command of this batch; 100 and more: was refused before.
create or replace function ledger.recognise(
    ids uuid[], kinds text[], holds uuid[], prints uuid[], parts numeric[], found boolean[]
) returns smallint[]
language sql stable
as $$
    select array_agg(case
               when e.entry_id is not null then case when e.fingerprint <> c.print then 2 when e.status = 0 then 1 else 100 + e.status end
               when c.twin < c.no then case when prints[c.twin] = c.print then -c.twin else 2 end
               when c.kind not in ('capture', 'release', 'expire') then 0
               when h.entry_id is null or not found[c.no] then 14
               when c.part not between 1 and h.units[1] or (c.part is not null and cardinality(h.units) > 1) then 16
               when o.hold_id is null then 15
               else 0 end order by c.no)::smallint[]
      from (select u.*, min(u.no) over (partition by u.id) as twin
              from unnest(ids, kinds, holds, prints, parts) with ordinality u(id, kind, hold, print, part, no)) c
      left join ledger.entry e on e.entry_id = c.id
      left join ledger.entry h on h.entry_id = c.hold and h.kind = 'hold' and h.status = 0
      left join ledger.open_hold o on o.hold_id = c.hold
$$;
