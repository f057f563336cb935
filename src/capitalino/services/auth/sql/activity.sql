-- What a login did stays as it was written: nobody changes a row, and none goes before its login.
-- What is sealed may be sealed again, with another key.

create or replace function activity_stands() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' and not exists (select from auth.login l where l.user_id = old.user_id) then
        return old;
    end if;
    if tg_op = 'UPDATE' and to_jsonb(new) - 'origin_sealed' = to_jsonb(old) - 'origin_sealed' then
        return new;
    end if;
    raise exception 'what a login did is never changed and never removed';
end
$$;

create or replace trigger activity_stands before update or delete on activity
for each row execute function activity_stands();
