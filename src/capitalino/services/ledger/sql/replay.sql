-- The book from zero: what the entries alone make of accounts, holds, reversals and limits, beside what is kept of it. Each of
-- these names what differs; nothing is the proof. They run with the caller's own rights, beside postings: one statement, one picture.

-- What an accepted entry does to each account, in the order of its postings.
create or replace function ledger.effects(e ledger.entry)
returns table (no bigint, account_id bigint, debit numeric, credit numeric, held_out numeric, held_in numeric)
language sql stable
as $$
    select p.no, s.account_id, case when s.is_source then p.moved else 0 end, case when s.is_source then 0 else p.moved end,
           case when s.is_source then p.held else 0 end, case when s.is_source then 0 else p.held end
      from (select u.no, u.source, u.destination,
                   case when e.kind in ('post', 'capture', 'reverse') then u.units else 0 end as moved,
                   case e.kind when 'hold' then u.units when 'release' then -u.units when 'expire' then -u.units
                        when 'capture' then -coalesce((select h.units[u.no] from ledger.entry h where h.entry_id = e.refers_to), 0) else 0 end as held
              from unnest(e.source, e.destination, e.units) with ordinality u(source, destination, units, no)) p
     cross join lateral (values (p.source, true), (p.destination, false)) s(account_id, is_source)
$$;

-- Accounts: the four counters, the version, and the last line.
create or replace function ledger.replay_accounts() returns table (relation text, key text, what text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with made as (
        select p.account_id, count(*) as version, sum(p.debit) as debits, sum(p.credit) as credits, sum(p.held_out) as held_out, sum(p.held_in) as held_in
          from ledger.entry e cross join lateral ledger.effects(e) p where e.status = 0 group by p.account_id
    )
    select 'account', coalesce(a.address || ' ' || a.asset, m.account_id::text), d.what
      from ledger.account a
      full join made m on m.account_id = a.account_id
      left join lateral (select l.version, l.posted, l.held_out, l.held_in from ledger.line l
                          where l.account_id = coalesce(a.account_id, m.account_id) order by l.version desc limit 1) l on true
     cross join lateral (
        select string_agg(format('%s is %s, the entries make it %s', x.name, coalesce(x.kept, 'nothing'), x.made), '; ') as what
          from (values
            ('debits_posted', a.debits_posted::text, coalesce(m.debits, 0)::text), ('credits_posted', a.credits_posted::text, coalesce(m.credits, 0)::text),
            ('debits_pending', a.debits_pending::text, coalesce(m.held_out, 0)::text),
            ('credits_pending', a.credits_pending::text, coalesce(m.held_in, 0)::text),
            ('version', a.version::text, coalesce(m.version, 0)::text), ('its last line', coalesce(l.version, 0)::text, coalesce(m.version, 0)::text),
            ('posted of its last line', coalesce(l.posted, 0)::text, (coalesce(m.credits, 0) - coalesce(m.debits, 0))::text)
          ) x(name, kept, made) where x.kept is distinct from x.made) d
     where d.what is not null
$$;

-- Lines, in pieces of `in_limit` from behind (`in_account`, `in_version`): each against the posting that made it, with the balances
-- added up. Answers what differs, and the last line of the piece with nothing to say of it.
create or replace function ledger.replay_lines(in_account bigint, in_version bigint, in_limit int)
returns table (account_id bigint, version bigint, lines bigint, what text)
language sql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
    with piece as materialized (
        select l.*, count(*) over () as lines, lag(l.entry_id) over (partition by l.account_id order by l.version) as entry_before
          from (select * from ledger.line l where (l.account_id, l.version) > (in_account, in_version)
                 order by l.account_id, l.version limit in_limit) l
    ), base as materialized (  -- where the piece before has ended
        select l.posted, l.held_out, l.held_in from ledger.line l where l.account_id = in_account and l.version = in_version
    ), run as (
        select l.*, e.one, p.credit - p.debit as moved,
               coalesce(lag(l.version) over w, case when l.account_id = in_account then in_version else 0 end) + 1 as next_version,
               sum(p.credit - p.debit) over w as sum_posted, sum(p.held_out) over w as sum_out, sum(p.held_in) over w as sum_in
          from piece l
          left join lateral (select e as one from ledger.entry e where e.entry_id = l.entry_id and e.status = 0 offset 0) e on true
          left join lateral (
            select * from ledger.effects(e.one) x where x.account_id = l.account_id order by x.no limit 1
            -- An entry may touch an account more than once: its lines there follow each other as its postings do.
            offset case when l.entry_before <> l.entry_id then 0 else (
                select count(*) from ledger.line q where q.account_id = l.account_id and q.version < l.version
                   and q.version >= l.version - cardinality((e.one).source) and q.entry_id = l.entry_id) end) p on true
        window w as (partition by l.account_id order by l.version)
    )
    select r.account_id, r.version, r.lines, case when r.moved is null then 'no posting of an accepted entry has made it' else d.what end
      from run r
      left join base b on r.account_id = in_account
     cross join lateral (
        select string_agg(format('%s is %s, the entries make it %s', x.name, coalesce(x.kept, 'nothing'), coalesce(x.made, 'nothing')), '; ') as what
          from (values
            ('version', r.version::text, r.next_version::text), ('units', r.units::text, r.moved::text),
            ('posted', r.posted::text, (coalesce(b.posted, 0) + r.sum_posted)::text),
            ('held_out', r.held_out::text, (coalesce(b.held_out, 0) + r.sum_out)::text),
            ('held_in', r.held_in::text, (coalesce(b.held_in, 0) + r.sum_in)::text),
            ('book', r.book, (r.one).book), ('shard', r.shard::text, (r.one).shard::text),
            ('recorded_at', r.recorded_at::text, (r.one).recorded_at::text), ('effective_at', r.effective_at::text, (r.one).effective_at::text)
          ) x(name, kept, made) where x.kept is distinct from x.made) d
     where d.what is not null or r.moved is null
    union all
    (select l.account_id, l.version, l.lines, null from piece l order by l.account_id desc, l.version desc limit 1)
$$;

-- Open holds: those that no capture, release or expiry has ended.
create or replace function ledger.replay_holds() returns table (relation text, key text, what text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with made as (
        select h.* from ledger.entry h
         where h.kind = 'hold' and h.status = 0
           and not exists (select from ledger.entry r where r.refers_to = h.entry_id and r.status = 0 and r.kind in ('capture', 'release', 'expire'))
    )
    select 'open_hold', coalesce(o.hold_id, m.entry_id)::text,
           case when o.hold_id is null then 'it is missing: the hold is open' when m.entry_id is null then 'the hold is not open'
                else 'it is not as the hold says' end
      from ledger.open_hold o full join made m on m.entry_id = o.hold_id
     where o.hold_id is null or m.entry_id is null or (o.expires_at, o.book, o.shard) is distinct from (m.expires_at, m.book, m.shard)
$$;

-- What reversals have taken back. An entry does not say which of two postings between the same accounts it takes back, so
-- they are added up.
create or replace function ledger.replay_reversals() returns table (relation text, key text, what text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with made as (
        select e.refers_to as entry_id, u.destination as source, u.source as destination, sum(u.units) as units
          from ledger.entry e cross join unnest(e.source, e.destination, e.units) u(source, destination, units)
         where e.kind = 'reverse' and e.status = 0 group by 1, 2, 3
    ), kept as (
        select r.entry_id, e.source[r.number] as source, e.destination[r.number] as destination, sum(r.units) as units,
               bool_and(r.original = e.units[r.number]) as is_sound
          from ledger.reversed_posting r left join ledger.entry e on e.entry_id = r.entry_id and e.status = 0 group by 1, 2, 3
    )
    select 'reversed_posting', coalesce(k.entry_id, m.entry_id)::text,
           case when k.units is distinct from m.units then format('units are %s, the entries make it %s', coalesce(k.units, 0), coalesce(m.units, 0))
                else 'original is not what the entry moved' end
      from kept k full join made m on (m.entry_id, m.source, m.destination) = (k.entry_id, k.source, k.destination)
     where k.units is distinct from m.units or k.is_sound is not true
$$;

-- What limits were used, without holds that were given back.
create or replace function ledger.replay_uses() returns table (relation text, key text, what text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with made as (
        select e.limit_key, e.recorded_at, e.entry_id, e.reference_units as units from ledger.entry e
         where e.status = 0 and e.reference_units > 0
           and not exists (select from ledger.entry r where r.refers_to = e.entry_id and r.status = 0 and r.kind in ('release', 'expire'))
    )
    select 'window_use', coalesce(w.entry_id, m.entry_id)::text,
           format('units are %s, the entries make it %s', coalesce(w.units, 0), coalesce(m.units, 0))
      from ledger.window_use w
      full join made m on (m.limit_key, m.recorded_at, m.entry_id) = (w.limit_key, w.recorded_at, w.entry_id)
     where w.units is distinct from m.units
$$;
