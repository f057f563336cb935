-- The chain: what was written is sealed in blocks a moment later, never on the way of a posting. The order is the outbox's,
-- (xid, seq) below the oldest running transaction: nothing can ever commit before what was sealed.

-- A refused command leaves no event, so it waits here to be sealed.
create or replace function ledger.await_seal() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ledger.unsealed_refusal (entry_id) values (new.entry_id);
    return null;
end $$;
create or replace trigger refused after insert on ledger.entry
    for each row when (new.status > 0) execute function ledger.await_seal();

-- What is sealed of each of these entries, in their order: sha256 over the entry and its lines, each with its length before it.
-- A row is every column in PostgreSQL's binary form, with its type and its length before it; a line has its account's address and
-- asset at its end. `versions` are those of the lines, in the order of entry, account, version. `marks`: four bytes of each row,
-- by which `first_broken` finds the one that was changed. Columns that come later belong behind these, in a new form of the leaf.
create or replace function ledger.leaves(ids uuid[], versions bigint[])
returns table (no bigint, leaf bytea, marks bytea, is_whole boolean)
language sql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
as $$
    with entry as materialized (
        select i.no, e.entry_id, case when e.status = 0 then e.source || e.destination end as sides,
               case when e.entry_id is not null then record_send(row(
                   e.entry_id, e.fingerprint, e.recorded_at, e.refers_to, e.effective_at, e.expires_at, e.shard, e.status, e.kind, e.code,
                   e.book, e.source, e.destination, e.units, e.reference_units, e.metadata, e.limit_key)) end as body
          from unnest(ids) with ordinality i(entry_id, no)
          left join lateral (select * from ledger.entry e where e.entry_id = i.entry_id offset 0) e on true
    ), side as (
        select e.no, e.entry_id, u.account_id, row_number() over (order by e.no, u.account_id) as nth from entry e cross join unnest(e.sides) u(account_id)
    ), line as materialized (
        select s.no, s.nth, l.entry_id = s.entry_id as is_own, case when l.account_id is not null then record_send(row(
                   l.account_id, l.version, l.recorded_at, l.effective_at, l.entry_id, l.shard, l.book, l.units, l.posted, l.held_out, l.held_in,
                   a.address, a.asset)) end as body
          from side s
          left join unnest(versions) with ordinality v(version, nth) on v.nth = s.nth
          left join lateral (select * from ledger.line l where l.account_id = s.account_id and l.version = v.version offset 0) l on true
          left join lateral (select * from ledger.account a where a.account_id = s.account_id offset 0) a on true
    ), side_of_entry as (
        select l.no, string_agg(int4send(octet_length(l.body)) || l.body, '' order by l.nth) as bodies,
               string_agg(coalesce(substr(int8send(crc32c(l.body)), 5), '\x00000000'), '' order by l.nth) as marks, bool_and(l.is_own is true) as is_whole
          from line l group by l.no
    )
    select e.no, sha256(int4send(octet_length(e.body)) || e.body || coalesce(s.bodies, '')),
           coalesce(substr(int8send(crc32c(e.body)), 5) || coalesce(s.marks, ''), ''), e.body is not null and coalesce(s.is_whole, true)
      from entry e left join side_of_entry s on s.no = e.no
$$;

-- The hash of a block: over the hash before, its number and times, how far it goes, and the leaves; all of a fixed size.
create or replace function ledger.block_hash(
    previous bytea, number bigint, sealed_at timestamptz, xid bigint, seq bigint, written_at timestamptz, leaves bytea
) returns bytea
language sql immutable
return sha256(previous || int8send(number) || timestamptz_send(sealed_at) || int8send(xid) || int8send(seq) || timestamptz_send(written_at) || leaves);

-- Seals blocks of up to `in_size` entries for about `in_ms`, at least one. Answers how many entries that were, whether more may
-- wait, and the first that cannot be sealed because a row of it is missing: the chain stops there. Nothing is done while another
-- one seals.
create or replace function ledger.seal(in_size int, in_ms int, out entries int, out is_more boolean, out not_whole uuid)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
as $$
declare
    until timestamptz := clock_timestamp() + make_interval(secs => in_ms / 1000.0);
    last ledger.block; next ledger.block; ids uuid[]; refused uuid[]; found_versions bigint[];
begin
    entries := 0; is_more := false;
    if not pg_try_advisory_xact_lock(hashtextextended('ledger.chain', 0)) then
        return;
    end if;
    select b.number, b.sealed_at, b.xid, b.seq, b.written_at, b.hash
      into last.number, last.sealed_at, last.xid, last.seq, last.written_at, last.hash from ledger.block b order by b.number desc limit 1;
    if not found then
        last.number := 0; last.sealed_at := 'epoch'; last.xid := 0; last.seq := 0; last.written_at := 'epoch';
        last.hash := decode(repeat('00', 32), 'hex');
    end if;
    loop
        -- The event knows the versions of the lines, which carry no index on their entry. A day of slack: partitions long past are
        -- skipped, but nothing is lost when a clock was ahead for a while.
        with told as materialized (
            select o.event_id, o.xid, o.seq, o.written_at, o.payload, row_number() over (order by o.xid, o.seq) as no
              from ledger.outbox o
             where (o.xid, o.seq) > (last.xid::text::xid8, last.seq) and o.xid < pg_snapshot_xmin(pg_current_snapshot())
               and o.written_at > least(last.written_at, now()) - interval '1 day' and o.subject like 'ledger.entry_posted.%'
             order by o.xid, o.seq limit in_size
        ), line as (
            select t.no, a.account_id, l.version
              from told t cross join json_to_recordset(t.payload -> 'lines') l(address text, asset text, version bigint)
              left join lateral (select a.account_id from ledger.account a where a.address = l.address and a.asset = l.asset offset 0) a on true
        )
        select array_agg(t.event_id order by t.no), max(t.xid)::text::bigint, (array_agg(t.seq order by t.no desc))[1],
               (array_agg(t.written_at order by t.no desc))[1],
               coalesce((select array_agg(l.version order by l.no, l.account_id, l.version) from line l), '{}')
          into ids, next.xid, next.seq, next.written_at, found_versions from told t;
        refused := array(select r.entry_id from ledger.unsealed_refusal r order by r.entry_id limit in_size - coalesce(cardinality(ids), 0));
        ids := coalesce(ids, '{}') || refused;
        if cardinality(ids) = 0 then
            is_more := false;
            exit;
        end if;

        next.number := last.number + 1;
        next.sealed_at := greatest(clock_timestamp(), last.sealed_at);
        if next.xid is null then
            next.xid := last.xid; next.seq := last.seq; next.written_at := last.written_at;
        end if;
        select ledger.block_hash(last.hash, next.number, next.sealed_at, next.xid, next.seq, next.written_at, x.leaves), x.marks into next.hash, next.marks
          from (select string_agg(l.leaf, '' order by l.no) as leaves, string_agg(l.marks, '' order by l.no) as marks
                  from ledger.leaves(ids, found_versions) l having bool_and(l.is_whole)) x;
        if not found then
            not_whole := ids[(select min(l.no) from ledger.leaves(ids, found_versions) l where not l.is_whole)];
            is_more := false;
            return;
        end if;
        insert into ledger.block (number, sealed_at, xid, seq, written_at, previous, hash, entry_ids, versions, marks)
        values (next.number, next.sealed_at, next.xid, next.seq, next.written_at, last.hash, next.hash, ids, found_versions, next.marks);
        last := next;
        delete from ledger.unsealed_refusal r where r.entry_id = any (refused);
        entries := entries + cardinality(ids);
        is_more := cardinality(ids) >= in_size;
        exit when not is_more or clock_timestamp() > until;
    end loop;
end $$;

-- Keeps the signature of a block's hash; false when that is not the block's hash.
create or replace function ledger.keep_checkpoint(in_number bigint, in_hash bytea, at timestamptz, in_key text, in_signature bytea) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ledger.checkpoint (number, hash, signed_at, key_id, signature)
    select b.number, b.hash, at, in_key, in_signature from ledger.block b where b.number = in_number and b.hash = in_hash
        on conflict (number) do nothing;
    return found;
end $$;
