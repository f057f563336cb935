-- Does the chain hold? Blocks are made again from the rows as they are now; what broke a block is looked for only then. These
-- run with the caller's own rights, who walks the blocks and compares.

create or replace function ledger.blocks_again(first bigint, last bigint)
returns table (number bigint, previous bytea, hash bytea, again bytea, entries int)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select b.number, b.previous, b.hash,
           ledger.block_hash(b.previous, b.number, b.sealed_at, b.xid, b.seq, b.written_at,
                             (select string_agg(l.leaf, '' order by l.no) from ledger.leaves(b.entry_ids, b.versions) l)),
           cardinality(b.entry_ids)
      from ledger.block b where b.number between first and last order by b.number
$$;

-- What a sealed row says otherwise than its event, which lies between the ends of the block before and of this one. Nothing
-- when the event was archived, or says nothing of what was changed. `in_version` null: the entry itself.
create or replace function ledger.differs_from_event(in_block bigint, in_entry uuid, in_account bigint, in_version bigint) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with event as (
        select o.payload::jsonb as told
          from ledger.block b
          left join ledger.block p on p.number = b.number - 1
          join ledger.outbox o on (o.xid, o.seq) > (coalesce(p.xid, 0)::text::xid8, coalesce(p.seq, 0))
                              and (o.xid, o.seq) <= (b.xid::text::xid8, b.seq)
         where b.number = in_block and o.event_id = in_entry
    ), pair as (
        select d.* from event v join ledger.entry e on e.entry_id = in_entry and in_version is null
         cross join lateral (values
            ('kind', e.kind, v.told ->> 'kind'), ('code', e.code, v.told ->> 'code'), ('book', e.book, v.told ->> 'book'),
            ('refers_to', e.refers_to::text, v.told ->> 'refers_to'), ('metadata', coalesce(e.metadata, '{}')::text, v.told ->> 'metadata'),
            ('recorded_at', e.recorded_at::text, (v.told ->> 'recorded_at')::timestamptz::text),
            ('effective_at', coalesce(e.effective_at, e.recorded_at)::text, (v.told ->> 'effective_at')::timestamptz::text)
         ) d(name, now, told)
        union all
        select d.* from event v join ledger.line l on l.account_id = in_account and l.version = in_version
          join ledger.account a on a.account_id = l.account_id
         cross join lateral (
            select x ->> 'address' as address, x ->> 'asset' as asset, x ->> 'units' as units, x ->> 'posted' as posted,
                   x ->> 'held_out' as held_out, x ->> 'held_in' as held_in
              from jsonb_array_elements(v.told -> 'lines') x where (x ->> 'version')::bigint = l.version
             order by (x ->> 'address', x ->> 'asset') = (a.address, a.asset) desc, (x ->> 'units')::numeric = l.units desc limit 1) t
         cross join lateral (values
            ('entry_id', l.entry_id::text, in_entry::text), ('account.address', a.address, t.address), ('account.asset', a.asset, t.asset),
            ('book', l.book, v.told ->> 'book'), ('units', l.units::text, t.units), ('posted', l.posted::text, t.posted),
            ('held_out', l.held_out::text, t.held_out), ('held_in', l.held_in::text, t.held_in),
            ('recorded_at', l.recorded_at::text, (v.told ->> 'recorded_at')::timestamptz::text),
            ('effective_at', coalesce(l.effective_at, l.recorded_at)::text, (v.told ->> 'effective_at')::timestamptz::text)
         ) d(name, now, told)
    )
    select string_agg(format('%s is %s, its event says %s', p.name, coalesce(p.now, 'null'), coalesce(p.told, 'null')), '; ')
      from pair p where p.now is distinct from p.told
$$;

-- The first row that broke a block: its table, its key, and whether it is missing or changed.
create or replace function ledger.first_broken(in_block bigint, out relation text, out key text, out how text, out detail text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    b ledger.block; bad record; account bigint; on_version bigint;
begin
    select * into b from ledger.block where number = in_block;
    select x.* into bad
      from (select l.no, l.marks, l.is_whole, (sum(octet_length(l.marks)) over w - octet_length(l.marks))::int as ahead,
                   (sum(octet_length(l.marks) / 4 - 1) over w - octet_length(l.marks) / 4 + 1)::int as lines_ahead
              from ledger.leaves(b.entry_ids, b.versions) l window w as (order by l.no)) x
     where not x.is_whole or x.marks <> substr(b.marks, x.ahead + 1, octet_length(x.marks)) order by x.no limit 1;
    if not found or bad.ahead >= octet_length(b.marks) then
        relation := 'block'; key := in_block; how := 'changed';  -- no row, or more than it had marks for
        return;
    end if;
    relation := 'entry'; key := b.entry_ids[bad.no];
    how := case when bad.marks = '' then 'missing' when substr(bad.marks, 1, 4) <> substr(b.marks, bad.ahead + 1, 4) then 'changed' end;
    detail := case when how = 'changed' then ledger.differs_from_event(in_block, b.entry_ids[bad.no], null, null) end;
    for k in 1 .. octet_length(bad.marks) / 4 - 1 loop
        exit when how is not null;
        if substr(bad.marks, 4 * k + 1, 4) <> substr(b.marks, bad.ahead + 4 * k + 1, 4) then
            select (array_agg(u.id order by u.id))[k] into account
              from ledger.entry e cross join unnest(e.source || e.destination) u(id) where e.entry_id = b.entry_ids[bad.no];
            on_version := b.versions[bad.lines_ahead + k];
            relation := 'line'; key := format('account %s, version %s', account, on_version);
            how := case when exists (select from ledger.line l where l.account_id = account and l.version = on_version)
                        then 'changed' else 'missing' end;
            detail := ledger.differs_from_event(in_block, b.entry_ids[bad.no], account, on_version);
            if detail ~ '^account\.' or not exists (select from ledger.account a where a.account_id = account) then
                relation := 'account'; key := account; how := case when detail is null then 'missing' else 'changed' end;
            end if;
        end if;
    end loop;
    if how is null then
        relation := 'block'; key := in_block; how := 'changed';
    end if;
end $$;

-- Every entry is in one block, or waits to be in the next: what is in none, in two, or gone.
create or replace function ledger.not_in_one_block() returns table (relation text, key text, how text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with listed as (
        select unnest(b.entry_ids) as entry_id from ledger.block b
        union all
        select o.event_id from ledger.outbox o
         where o.subject like 'ledger.entry_posted.%'
           and (o.xid, o.seq) > (coalesce((select b.xid from ledger.block b order by b.number desc limit 1), 0)::text::xid8,
                                 coalesce((select b.seq from ledger.block b order by b.number desc limit 1), 0))
        union all
        select r.entry_id from ledger.unsealed_refusal r
    )
    select 'entry', coalesce(e.entry_id, l.entry_id)::text,
           case when e.entry_id is null then 'missing' when l.entry_id is null then 'is not sealed' else 'is sealed twice' end
      from ledger.entry e
      full join (select entry_id, count(*) as times from listed group by entry_id) l on l.entry_id = e.entry_id
     where e.entry_id is null or l.entry_id is null or l.times > 1
$$;

-- Lines beyond two a posting: those that no block has; of an entry that is not sealed yet, the entry.
create or replace function ledger.lines_too_many() returns table (relation text, key text, how text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with odd as materialized (
        select c.entry_id, e.source || e.destination as sides
          from (select l.entry_id, count(*) as lines from ledger.line l group by l.entry_id) c
          left join ledger.entry e on e.entry_id = c.entry_id and e.status = 0
         where c.lines > coalesce(2 * cardinality(e.source), 0)
    ), sealed as materialized (
        select o.entry_id, s.account_id, b.versions[x.lines_ahead + s.nth] as version
          from odd o
          join ledger.block b on o.entry_id = any (b.entry_ids)
         cross join lateral (select l.no, (sum(octet_length(l.marks) / 4 - 1) over w - octet_length(l.marks) / 4 + 1)::int as lines_ahead
                               from ledger.leaves(b.entry_ids, b.versions) l window w as (order by l.no)) x
         cross join lateral (select u.id, row_number() over (order by u.id) from unnest(o.sides) u(id)) s(account_id, nth)
         where b.entry_ids[x.no] = o.entry_id
    )
    select 'line', format('account %s, version %s', l.account_id, l.version), 'is not sealed'
      from odd o join ledger.line l on l.entry_id = o.entry_id
     where (o.sides is null or exists (select from sealed s where s.entry_id = o.entry_id))
       and not exists (select from sealed s where (s.entry_id, s.account_id, s.version) = (l.entry_id, l.account_id, l.version))
    union all
    select 'entry', o.entry_id::text, 'has more lines than its postings make'
      from odd o where o.sides is not null and not exists (select from sealed s where s.entry_id = o.entry_id)
$$;
