-- Do the books agree? Each invariant is a query for what breaks it; no row at all is the proof. One statement, so that it
-- sees one picture. It reads everything: not for a busy hour.
create or replace function ledger.check_books() returns table (broken text, what text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    (
        select 'debits and credits of an asset are not equal', book || ' ' || asset from ledger.account group by book, asset
        having sum(credits_posted) <> sum(debits_posted) or sum(credits_pending) <> sum(debits_pending)
    )
    union all
    (
        select 'an account is below its floor or above its ceiling, holds included', address || ' ' || asset from ledger.account
         where credits_posted - debits_posted - debits_pending < floor
            or credits_posted - debits_posted + credits_pending > ceiling
    )
    union all
    (
        select 'the versions of an account have gaps', a.address || ' ' || a.asset
          from ledger.account a left join ledger.line l on l.account_id = a.account_id
         group by a.account_id
        having count(l.version) <> a.version or (a.version > 0 and (min(l.version), max(l.version)) <> (1, a.version))
    )
    union all
    (
        select 'the last line of an account is not its balance', a.address || ' ' || a.asset
          from ledger.account a join ledger.line l on l.account_id = a.account_id and l.version = a.version
         where (l.posted, l.held_out, l.held_in) <> (a.credits_posted - a.debits_posted, a.debits_pending, a.credits_pending)
    )
    union all
    (
        select distinct 'the lines of an account, added up from nothing, are not its running balance', x.account_id::text
          from (select account_id, posted, sum(units) over (partition by account_id order by version) as again from ledger.line) x
         where x.posted <> x.again
    )
    union all
    (
        select distinct 'recorded_at runs backwards on an account', x.account_id::text
          from (select account_id, recorded_at, lag(recorded_at) over (partition by account_id order by version) as before
                  from ledger.line) x
         where x.recorded_at < x.before
    )
    union all
    (
        select 'what was posted is not what the entries moved', a.address || ' ' || a.asset
          from ledger.account a
          left join (select p.account_id, sum(p.debit) as debits, sum(p.credit) as credits
                       from ledger.entry e
                      cross join unnest(e.source, e.destination, e.units) u(source, destination, units)
                      cross join lateral (values (u.source, u.units, 0), (u.destination, 0, u.units)) p(account_id, debit, credit)
                      where e.status = 0 and e.kind in ('post', 'capture', 'reverse') group by p.account_id) m
            on m.account_id = a.account_id
         where (a.debits_posted, a.credits_posted) <> (coalesce(m.debits, 0), coalesce(m.credits, 0))
    )
    union all
    (
        select 'what is pending is not what the open holds set aside', a.address || ' ' || a.asset
          from ledger.account a
          left join (select p.account_id, sum(p.held_out) as held_out, sum(p.held_in) as held_in
                       from ledger.open_hold o join ledger.entry e on e.entry_id = o.hold_id and e.status = 0
                      cross join unnest(e.source, e.destination, e.units) u(source, destination, units)
                      cross join lateral (values (u.source, u.units, 0), (u.destination, 0, u.units)) p(account_id, held_out, held_in)
                      group by p.account_id) h
            on h.account_id = a.account_id
         where (a.debits_pending, a.credits_pending) <> (coalesce(h.held_out, 0), coalesce(h.held_in, 0))
    )
    union all
    (
        select 'a hold is open and resolved, or neither, or resolved twice', h.entry_id::text
          from ledger.entry h
          left join ledger.open_hold o on o.hold_id = h.entry_id
          left join (select refers_to, count(*) as ends from ledger.entry
                      where status = 0 and kind in ('capture', 'release', 'expire') group by refers_to) r
            on r.refers_to = h.entry_id
         where h.kind = 'hold' and h.status = 0 and coalesce(r.ends, 0) + (o.hold_id is not null)::int <> 1
    )
    union all
    (
        select 'an entry has not two lines a posting', coalesce(e.entry_id, l.entry_id)::text
          from ledger.entry e
          full join (select entry_id, count(*) as lines from ledger.line group by entry_id) l on l.entry_id = e.entry_id
         where coalesce(l.lines, 0) <> case when e.status = 0 then 2 * cardinality(e.source) else 0 end
    )
    union all
    (
        -- Days that were archived from the outbox are left out.
        select 'an entry has not one event', coalesce(e.entry_id::text, o.key)
          from (select * from ledger.entry where recorded_at >= (select date_trunc('day', min(written_at), 'UTC') from ledger.outbox)) e
          full join (select key, count(*) as events from ledger.outbox where subject like 'ledger.entry_posted.%' group by key) o
            on o.key = e.entry_id::text
         where coalesce(o.events, 0) <> case when e.status = 0 then 1 else 0 end
    )
    union all
    (
        -- A reversal's postings run the other way. Two of an entry may share both accounts, so they are added up.
        select 'reversals take back more than an entry moved, or other than is counted', x.entry_id::text
          from (select o.entry_id, m.source, m.destination, sum(m.moved) as moved, sum(m.reversed) as reversed
                  from ledger.entry o
                  join (select e.entry_id, u.source, u.destination, u.units as moved, 0 as reversed
                          from ledger.entry e cross join unnest(e.source, e.destination, e.units) u(source, destination, units)
                         where e.status = 0 and e.kind in ('post', 'capture')
                        union all
                        select e.refers_to, u.destination, u.source, 0, u.units
                          from ledger.entry e cross join unnest(e.source, e.destination, e.units) u(source, destination, units)
                         where e.status = 0 and e.kind = 'reverse') m on m.entry_id = o.entry_id
                 group by o.entry_id, m.source, m.destination) x
         group by x.entry_id
        having bool_or(x.reversed > x.moved)
            or sum(x.reversed) <> coalesce((select sum(r.units) from ledger.reversed_posting r where r.entry_id = x.entry_id), 0)
    )
    union all
    (
        select 'the use of a limit is not that of its entry', coalesce(e.entry_id, w.entry_id)::text
          from (select e.entry_id, e.limit_key, e.reference_units as units from ledger.entry e
                 where e.status = 0 and e.reference_units > 0
                   and not exists (select from ledger.entry r
                                    where e.kind = 'hold' and r.refers_to = e.entry_id and r.status = 0 and r.kind in ('release', 'expire'))) e
          full join ledger.window_use w on w.entry_id = e.entry_id
         where (w.limit_key, w.units) is distinct from (e.limit_key, e.units)
    )
    union all
    (
        select 'a posting is in another asset or book than its account', e.entry_id::text
          from ledger.entry e
         cross join unnest(e.source, e.destination) u(source, destination)
          join ledger.account s on s.account_id = u.source
          join ledger.account d on d.account_id = u.destination
         where e.status = 0 and ((s.asset, s.book, s.shard) <> (d.asset, d.book, d.shard) or (s.book, s.shard) <> (e.book, e.shard))
    )
$$;
