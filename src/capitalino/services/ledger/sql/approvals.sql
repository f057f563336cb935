-- Four eyes in a schema whose serving role writes nothing by itself: asking and deciding, and no other way to a decision.

-- Asks for it. Answers 0 asked · 1 asked before · 2 the id stands for something else: what was sent is compared (`asked`),
-- not what was made of it.
create or replace function ledger.ask_approval(
    in_id uuid, in_what text, in_payload jsonb, in_by uuid, in_ttl interval
) returns smallint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    moment timestamptz := clock_timestamp();
begin
    insert into ledger.approval (approval_id, what, payload, asked_by, asked_at, expires_at)
    values (in_id, in_what, in_payload, in_by, moment, moment + in_ttl)
        on conflict (approval_id) do nothing;
    if found then
        return 0;
    end if;
    return (select case when (a.what, a.payload -> 'asked', a.asked_by) = (in_what, in_payload -> 'asked', in_by) then 1 else 2 end
              from ledger.approval a where a.approval_id = in_id);
end $$;

-- Decides. Answers a word: decided · repeated (the same person, the same decision) · unknown · own · expired · otherwise.
create or replace function ledger.decide_approval(in_id uuid, in_state text, in_by uuid, in_reason text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    asked ledger.approval;
begin
    select * into asked from ledger.approval a where a.approval_id = in_id for update;
    case
        when not found then return 'unknown';
        when asked.asked_by = in_by then return 'own';
        when (asked.state, asked.decided_by) = (in_state, in_by) then return 'repeated';
        when asked.state <> 'asked' then return 'otherwise';
        when clock_timestamp() >= asked.expires_at then return 'expired';
        else null;
    end case;
    update ledger.approval set state = in_state, decided_by = in_by, decided_at = clock_timestamp(), reason = in_reason
     where approval_id = in_id;
    return 'decided';
end $$;
