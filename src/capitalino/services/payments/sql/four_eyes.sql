-- The price list and the switches stand on approvals: whoever writes these tables, by whatever way, needs a granted one.

-- A row of the price list is asked for by one and granted by another, and never changes.
create or replace function terms_stand() returns trigger
language plpgsql
as $$
begin
    if tg_op <> 'INSERT' then
        raise exception 'a row of the price list is never changed: add a newer one';
    end if;
    perform from payments.approval a
      where a.approval_id = new.approval_id and a.what = 'terms' and a.state = 'granted'
        and a.asked_by = new.asked_by and a.decided_by = new.approved_by
        and (a.payload ->> 'base', a.payload ->> 'quote') = (new.base, new.quote)
        and (cast(a.payload ->> 'spread' as numeric), cast(a.payload ->> 'fee' as numeric)) = (new.spread, new.fee);
    if not found then
        raise exception 'the price list takes what was asked for and granted, and nothing else';
    end if;
    return new;
end $$;
create or replace trigger terms_stand before insert or update or delete on terms
    for each row execute function terms_stand();
create or replace trigger terms_stay before truncate on terms
    for each statement execute function terms_stand();

-- What is closed is opened once, by an approval of just this, and is otherwise left as it is.
create or replace function closure_stands() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        if new.opened_at is not null then
            raise exception 'what is closed begins closed';
        end if;
        return new;
    end if;
    if tg_op <> 'UPDATE' or old.opened_at is not null
       or (new.closure_id, new.flow, new.asset, new.venue, new.reason, new.closed_by, new.closed_at)
          is distinct from (old.closure_id, old.flow, old.asset, old.venue, old.reason, old.closed_by, old.closed_at) then
        raise exception 'what was closed stands';
    end if;
    perform from payments.approval a
      where a.approval_id = new.opening_id and a.what = 'opening' and a.state = 'granted'
        and a.asked_by = new.asked_by and a.decided_by = new.approved_by
        and cast(a.payload ->> 'closure_id' as uuid) = new.closure_id;
    if not found then
        raise exception 'opening takes four eyes';
    end if;
    return new;
end $$;
create or replace trigger closure_stands before insert or update or delete on closure
    for each row execute function closure_stands();
create or replace trigger closure_stays before truncate on closure
    for each statement execute function closure_stands();
