-- What `post_batch` leans on. None of it may be executed by the serving role on its own.

-- Bits of `account.state`: 1 frozen in, 2 frozen out, 4 closed. Giving held units back is always allowed.
create or replace function ledger.barred(state smallint, takes boolean, gives boolean) returns boolean
language sql immutable
return (takes and state & 6 <> 0) or (gives and state & 5 <> 0);

-- The postings of a batch that is more than plain entries: those sent, and those that a resolved hold or a reversed entry
-- brings along, first. `units` is what the entry keeps, `moved` what changes the posted balance, `held` what changes the
-- pending one, `number` which posting of the reversed entry it takes back. Of a reversal in part, a posting that is sent
-- names its number as source and nothing else.
-- `found`, one a command: what it refers to was there. What commits a moment later has not been locked, so it stays unknown.
create or replace function ledger.unfold(
    kinds text[], refs uuid[], parts numeric[], p_entry int[], p_source bigint[], p_destination bigint[], p_asset text[], p_units numeric[],
    out entry int[], out source bigint[], out destination bigint[], out asset text[], out units numeric[], out moved numeric[], out held numeric[],
    out number int[], out found boolean[]
)
language sql stable
as $$
    with command as materialized (
        select c.no, c.kind, c.part, h.entry_id is not null as found, h.source, h.destination, h.units
          from unnest(kinds, refs, parts) with ordinality c(kind, ref, part, no)
          left join ledger.entry h
            on h.entry_id = c.ref and h.status = 0 and case when c.kind = 'reverse' then h.kind in ('post', 'capture') else h.kind = 'hold' end
    ), sent as (
        select * from unnest(p_entry, p_source, p_destination, p_asset, p_units) with ordinality u(entry, source, destination, asset, units, no)
    ), posting as (
        select u.entry, 1 as turn, u.no, u.source, u.destination, u.asset, u.units,
               case when c.kind <> 'hold' then u.units end as moved, case when c.kind = 'hold' then u.units end as held, null::bigint as number
          from sent u join command c on c.no = u.entry
         where c.kind <> 'reverse'
        union all
        select c.no, 0, i, c.source[i], c.destination[i], null, coalesce(c.part, c.units[i]),
               case when c.kind = 'capture' then coalesce(c.part, c.units[i]) end, -c.units[i], null
          from command c cross join generate_subscripts(c.units, 1) i
         where c.kind <> 'reverse' and (c.part is null or (c.part between 1 and c.units[1] and cardinality(c.units) = 1))
        union all
        select c.no, 0, i, c.destination[i], c.source[i], null, c.units[i], c.units[i], null, i
          from command c cross join generate_subscripts(c.units, 1) i
         where c.kind = 'reverse' and not exists (select from sent u where u.entry = c.no)
        union all
        select c.no, 0, u.no, c.destination[u.source], c.source[u.source], null, u.units, u.units, null, u.source
          from sent u join command c on c.no = u.entry
         where c.kind = 'reverse' and c.found
         order by 1, 2, 3
    )
    select coalesce(array_agg(p.entry), '{}'), coalesce(array_agg(p.source), '{}'), coalesce(array_agg(p.destination), '{}'),
           coalesce(array_agg(p.asset), '{}'), coalesce(array_agg(p.units), '{}'), coalesce(array_agg(p.moved), '{}'), coalesce(array_agg(p.held), '{}'),
           coalesce(array_agg(p.number::int), '{}'), (select array_agg(c.found order by c.no) from command c)
      from posting p
$$;

-- Called under the locks: what is known of each id and what it refers to already. 0: nothing stands against it so far;
-- negative: the same as that earlier command of this batch; 100 and more: was refused before.
create or replace function ledger.recognise(
    ids uuid[], kinds text[], refs uuid[], prints uuid[], parts numeric[], found boolean[]
) returns smallint[]
language sql stable
as $$
    select array_agg(case
               when e.entry_id is not null then case when e.fingerprint <> c.print then 2 when e.status = 0 then 1 else 100 + e.status end
               when c.twin < c.no then case when prints[c.twin] = c.print then -c.twin else 2 end
               when c.kind = 'reverse' then case when found[c.no] then 0 else 17 end
               when c.kind not in ('capture', 'release', 'expire') then 0
               when h.entry_id is null or not found[c.no] then 14
               when c.part not between 1 and h.units[1] or (c.part is not null and cardinality(h.units) > 1) then 16
               when o.hold_id is null then 15
               else 0 end order by c.no)::smallint[]
      from (select u.*, min(u.no) over (partition by u.id) as twin
              from unnest(ids, kinds, refs, prints, parts) with ordinality u(id, kind, ref, print, part, no)) c
      left join ledger.entry e on e.entry_id = c.id
      left join ledger.entry h on h.entry_id = c.ref and h.kind = 'hold' and h.status = 0
      left join ledger.open_hold o on o.hold_id = c.ref
$$;

-- What may still be reversed of each posting, one a posting of the batch; null: not a reversal, or no such posting.
create or replace function ledger.reversible(refs uuid[], p_entry int[], p_number int[]) returns numeric[]
language sql stable
as $$
    select array_agg(e.units[u.number] - coalesce(r.units, 0) order by u.no)
      from unnest(p_entry, p_number) with ordinality u(entry, number, no)
      left join ledger.entry e on u.number is not null and e.entry_id = refs[u.entry]
      left join ledger.reversed_posting r on r.entry_id = refs[u.entry] and r.number = u.number
$$;
