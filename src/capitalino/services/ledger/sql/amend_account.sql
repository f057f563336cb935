-- Freezes, closes and reopens an account, and changes its bounds; `in_asset` null: all accounts of the address. Each change
-- is kept with who made it and why. Answers 0 changed · 1 changed before · 2 id reused · 13 no such account ·
-- 22 to be closed it must be empty · 23 its balance is outside the new bounds. Nothing is changed unless all can be.
create or replace function ledger.amend_account(
    in_change uuid, in_print uuid, in_address text, in_asset text, set_bits smallint, clear_bits smallint,
    new_floor numeric, drop_floor boolean, new_ceiling numeric, drop_ceiling boolean, in_by text, in_reason text
) returns smallint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    known uuid;
    verdict smallint;
begin
    perform from ledger.account a
      where a.address = in_address and (in_asset is null or a.asset = in_asset) order by a.account_id for no key update;
    if not found then
        return 13;
    end if;
    select c.fingerprint into known from ledger.account_change c where c.change_id = in_change limit 1;
    if found then
        return case when known = in_print then 1 else 2 end;
    end if;
    if exists (select from ledger.account a  -- the table would refuse it, in words for nobody
                where a.address = in_address and (in_asset is null or a.asset = in_asset)
                  and case when not drop_floor then coalesce(new_floor, a.floor) end > case when not drop_ceiling then coalesce(new_ceiling, a.ceiling) end) then
        return 23;
    end if;
    update ledger.account a
       set state = (a.state & ~clear_bits) | set_bits,
           floor = case when drop_floor then null else coalesce(new_floor, a.floor) end,
           ceiling = case when drop_ceiling then null else coalesce(new_ceiling, a.ceiling) end
     where a.address = in_address and (in_asset is null or a.asset = in_asset);
    select case
               when bool_or(set_bits & 4 <> 0 and (a.credits_posted <> a.debits_posted or a.debits_pending + a.credits_pending > 0)) then 22
               when bool_or(a.credits_posted - a.debits_posted - a.debits_pending < a.floor
                            or a.credits_posted - a.debits_posted + a.credits_pending > a.ceiling) then 23
               else 0 end into verdict
      from ledger.account a where a.address = in_address and (in_asset is null or a.asset = in_asset);
    if verdict = 0 then
        insert into ledger.account_change (change_id, account_id, fingerprint, changed_at, state, floor, ceiling, changed_by, reason)
        select in_change, a.account_id, in_print, clock_timestamp(), a.state, a.floor, a.ceiling, in_by, in_reason
          from ledger.account a where a.address = in_address and (in_asset is null or a.asset = in_asset);
    end if;
    return verdict;  -- the caller rolls back what was not to be
end $$;
