-- The only road by which money moves. Judges a batch of commands, each on its own merits (or, with `in_whole`, all or
-- none), and writes what is accepted.
--
-- Entries (one element a command, in the order in which they are judged): their ids, kinds, codes, the hold that they
-- resolve or the entry that they reverse, body fingerprints, effective and expiry times, the part of a hold to take (null:
-- all of it), the units that count against a limit and its key, metadata, trace. Postings: the number of their entry
-- (from 1, ascending), source and destination account, asset, units; those of a resolved hold or a wholly reversed entry
-- are taken from there and not sent again.
--
-- Verdicts (null: every one is 0): 0 accepted · 1 accepted before · 2 id reused with another body · 10 funds ·
-- 11 ceiling · 12 barred · 13 account unknown · 14 hold unknown · 15 hold resolved · 16 not a part of it ·
-- 17 entry unknown · 18 reversed already · 19 limit · 20 period closed · 21 refused with the others.
-- The lines written come back as columns, so that every caller learns the balances after its own entry.
create or replace function ledger.post_batch(
    in_book text, in_shard smallint, in_whole boolean,
    ids uuid[], kinds text[], codes text[], refs uuid[], prints uuid[], effective timestamptz[], expiry timestamptz[],
    parts numeric[], counted numeric[], limit_keys text[], metas jsonb[], traces text[],
    p_entry int[], p_source bigint[], p_destination bigint[], p_asset text[], p_units numeric[],
    out verdicts smallint[], out at timestamptz, out l_entry int[], out l_address text[], out l_asset text[], out l_version bigint[],
    out l_posted text[], out l_held_out text[], out l_held_in text[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off  -- plans are kept: one made while a table was empty must still be right when it is huge
as $$
declare
    plain    boolean := 'post' = all (kinds);  -- nothing is held, resolved or reversed: most batches
    p_moved  numeric[] := p_units;             -- what each posting changes in the posted balance
    p_held   numeric[];                        -- and in the pending one
    p_number int[];
    p_left   numeric[];
    found    boolean[];
    stamp    text;
    unusual  boolean;
    refused  boolean;
    judged   boolean := false;
    inturn   boolean := counted is not null or 'reverse' = any (kinds);  -- these are judged one after the other
begin
    if (0 < all (p_units)) is not true or (plain and array_position(p_asset, null) is not null) then
        raise exception 'a posting has an asset, and units above zero' using errcode = 'check_violation';
    end if;
    if not kinds <@ array['post', 'hold', 'capture', 'release', 'expire', 'reverse']
       or (plain and (select count(distinct e) from unnest(p_entry) e where e between 1 and cardinality(ids)) < cardinality(ids))
       or (not plain and exists (select from unnest(kinds) with ordinality k(kind, no) where kind in ('post', 'hold') and no <> all (p_entry))) then
        raise exception 'an entry is of a known kind and moves something' using errcode = 'check_violation';
    end if;
    if plain then
        p_held := array_fill(null::numeric, array[cardinality(p_entry)]);
    else
        select x.entry, x.source, x.destination, x.asset, x.units, x.moved, x.held, x.number, x.found
          into p_entry, p_source, p_destination, p_asset, p_units, p_moved, p_held, p_number, found
          from ledger.unfold(kinds, refs, parts, p_entry, p_source, p_destination, p_asset, p_units) x;
    end if;

    -- Everybody locks in the order of the key, so nobody waits in a circle. Each later statement sees what was
    -- committed before the last lock was granted.
    select greatest(clock_timestamp(), max(l.changed_at) + interval '1 microsecond') into at
      from (select a.changed_at from ledger.account a
             where a.account_id = any (p_source || p_destination) order by a.account_id for no key update) l;
    if counted is not null then
        perform from ledger.window_limit w where w.limit_key = any (limit_keys) order by w.limit_key, w.window_s for no key update;
    end if;
    stamp := to_json(at)::text;

    select count(e.entry_id) > 0 or count(distinct u.id) < cardinality(ids) into unusual
      from unnest(ids) u(id) left join lateral (select e.entry_id from ledger.entry e where e.entry_id = u.id offset 0) e on true;
    if unusual or not plain then
        verdicts := ledger.recognise(ids, kinds, refs, prints, parts, found);
        inturn := inturn or (select count(distinct r) < count(r) from unnest(refs) r);  -- two want the same hold
    end if;
    if effective is not null then
        verdicts := ledger.in_open_period(in_book, effective, coalesce(verdicts, array_fill(0::smallint, array[cardinality(ids)])));
    end if;
    if inturn or (in_whole and exists (select from unnest(verdicts) v where v > 1)) then  -- the others' own refusals come first
        p_left := case when not plain then ledger.reversible(refs, p_entry, p_number) end;
        verdicts := ledger.judge(in_book, in_shard, at, verdicts, kinds, refs, counted, limit_keys,
                                 p_entry, p_source, p_destination, p_asset, p_moved, p_held, p_number, p_left);
        judged := true;
    end if;
    verdicts := ledger.together(in_whole, verdicts);

    loop
        -- Judge and write in one statement. Running balances are window sums over the postings in their order, and
        -- every insert and update hangs on `amiss` being empty: if anything must be refused, nothing is written.
        with posting as materialized (
            select * from unnest(p_entry, p_source, p_destination, p_asset, p_moved, p_held) with ordinality
                          u(entry, source, destination, asset, moved, held, no)
             where verdicts is null or verdicts[u.entry] = 0
        ), side as (
            select source as account_id, entry, no, asset, moved as debit, null::numeric as credit,
                   held as out, null::numeric as inn, coalesce(moved, 0) + coalesce(held, 0) > 0 as takes, false as gives
              from posting
            union all
            select destination, entry, no, asset, null, moved, null, held, false, coalesce(moved, 0) + coalesce(held, 0) > 0
              from posting
        ), run as materialized (
            select s.account_id, s.entry, s.no, s.takes, s.gives, coalesce(s.credit, -s.debit, 0) as units,
                   a.version + row_number() over w as version, lead(1) over w is null as last,
                   a.debits_posted + coalesce(sum(s.debit) over w, 0) as debits, a.credits_posted + coalesce(sum(s.credit) over w, 0) as credits,
                   a.debits_pending + coalesce(sum(s.out) over w, 0) as held_out, a.credits_pending + coalesce(sum(s.inn) over w, 0) as held_in,
                   a.floor, a.ceiling, a.ctid as place, a.address, a.asset,
                   a.account_id is null or s.asset <> a.asset or a.book <> in_book or a.shard <> in_shard
                   or (a.state <> 0 and ledger.barred(a.state, s.takes, s.gives)) as odd
              from side s left join lateral (select a.*, a.ctid from ledger.account a where a.account_id = s.account_id offset 0) a on true
            window w as (partition by s.account_id order by s.no)
        ), amiss as materialized (
            select from run
             where odd or (takes and credits - debits - held_out < floor) or (gives and credits - debits + held_in > ceiling)
             limit 1
        ), command as materialized (
            select c.*, coalesce(verdicts[c.no], 0::smallint) as status
              from unnest(ids, kinds, codes, refs, prints, effective, expiry, counted, limit_keys, metas) with ordinality
                   c(id, kind, code, ref, print, effective_at, expires_at, counted, limit_key, meta, no)
             where not exists (select from amiss) and (verdicts is null or verdicts[c.no] = 0 or verdicts[c.no] between 10 and 99)
        ), entries as (
            insert into ledger.entry (entry_id, kind, status, code, book, shard, refers_to, fingerprint, recorded_at, effective_at,
                                      expires_at, source, destination, units, reference_units, limit_key, metadata)
            select c.id, c.kind, c.status, c.code, in_book, in_shard, c.ref, c.print, at, c.effective_at,
                   c.expires_at, coalesce(p.source, '{}'), coalesce(p.destination, '{}'), coalesce(p.units, '{}'), c.counted, c.limit_key, c.meta
              from command c
              left join (select u.entry, array_agg(u.source) as source, array_agg(u.destination) as destination, array_agg(u.units) as units
                           from unnest(p_entry, p_source, p_destination, p_units) u(entry, source, destination, units) group by u.entry) p
                on p.entry = c.no
             order by c.id
        ), lines as (
            insert into ledger.line (account_id, version, entry_id, book, shard, recorded_at, effective_at, units, posted, held_out, held_in)
            select r.account_id, r.version, ids[r.entry], in_book, in_shard, at, effective[r.entry], r.units,
                   r.credits - r.debits, r.held_out, r.held_in
              from run r where not exists (select from amiss)
        ), changed as (
            update ledger.account a
               set version = r.version, changed_at = at, debits_posted = r.debits, credits_posted = r.credits,
                   debits_pending = r.held_out, credits_pending = r.held_in
              from run r where r.last and a.ctid = r.place and not exists (select from amiss)
        ), told as (
            -- The event as it will be sent, written as text: as jsonb it costs three times that.
            insert into ledger.outbox (written_at, event_id, subject, book, key, version, payload, trace)
            select at, ids[x.entry], 'ledger.entry_posted.v1', in_book, ids[x.entry]::text, 1,
                   ('{"event_id":"' || ids[x.entry] || '","occurred_at":' || stamp || ',"book":"' || in_book || '","version":1,"entry_id":"' || ids[x.entry]
                    || '","kind":"' || kinds[x.entry] || '","code":' || to_json(codes[x.entry]) || coalesce(',"refers_to":"' || refs[x.entry] || '"', '')
                    || ',"recorded_at":' || stamp || ',"effective_at":' || coalesce(to_json(effective[x.entry])::text, stamp)
                    || ',"metadata":' || coalesce(metas[x.entry]::text, '{}') || ',"lines":[' || x.lines || ']}')::json,
                   traces[x.entry]
              from (select r.entry, string_agg(
                               '{"address":"' || r.address || '","asset":"' || r.asset || '","units":"' || r.units || '","posted":"' || r.credits - r.debits
                               || '","held_out":"' || r.held_out || '","held_in":"' || r.held_in || '","version":' || r.version || '}', ',') as lines
                      from run r where not exists (select from amiss) group by r.entry) x
             order by x.entry
        ), opened as (
            insert into ledger.open_hold (hold_id, book, shard, expires_at)
            select c.id, in_book, in_shard, c.expires_at from command c where not plain and c.kind = 'hold' and c.status = 0
        ), resolved as (
            delete from ledger.open_hold o
             where not plain and o.hold_id = any (array(select c.ref from command c where c.status = 0 and c.ref is not null))
        )
        select exists (select from amiss), array_agg(r.entry), array_agg(r.address), array_agg(r.asset), array_agg(r.version),
               array_agg((r.credits - r.debits)::text), array_agg(r.held_out::text), array_agg(r.held_in::text)
          into refused, l_entry, l_address, l_asset, l_version, l_posted, l_held_out, l_held_in from run r;
        exit when not refused;
        if judged then
            raise exception 'the sums refuse what the judge has accepted: %', verdicts using errcode = 'internal_error';
        end if;
        judged := true;
        verdicts := ledger.together(in_whole, ledger.judge(in_book, in_shard, at, verdicts, kinds, refs, counted, limit_keys,
                                                           p_entry, p_source, p_destination, p_asset, p_moved, p_held, p_number, p_left));
    end loop;

    if counted is not null or not plain then
        perform ledger.keep_count(at, verdicts, ids, kinds, refs, counted, limit_keys, p_entry, p_moved, p_number);
    end if;
    if verdicts is not null then
        for k in 1 .. cardinality(verdicts) loop
            verdicts[k] := case
                when verdicts[k] >= 100 then verdicts[k] - 100                      -- refused before: for ever
                when verdicts[k] >= 0 then verdicts[k]
                when verdicts[-verdicts[k]] = 0 then 1                              -- the same twice in one batch
                else verdicts[-verdicts[k]] end;
        end loop;
    end if;
end $$;
