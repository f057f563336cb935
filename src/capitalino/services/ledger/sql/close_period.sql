-- Closes a book's periods up to an instant that has passed; never opens them again. Answers whether it is closed until then.
create or replace function ledger.close_period(in_book text, until timestamptz) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    closed timestamptz;
begin
    if until > clock_timestamp() then
        return false;
    end if;
    update ledger.book set closed_until = greatest(closed_until, until) where book = in_book returning closed_until into closed;
    return coalesce(closed >= until, false);
end $$;
