-- Four eyes: what one person asks for, another decides.
create table approval (
    approval_id uuid        primary key,
    what        text        not null,
    payload     jsonb       not null,
    asked_by    uuid        not null,
    asked_at    timestamptz not null,
    expires_at  timestamptz not null,
    state       text        not null default 'asked' check (state in ('asked', 'granted', 'refused')),
    decided_by  uuid,
    decided_at  timestamptz,
    reason      text,
    constraint four_eyes check (decided_by <> asked_by),
    constraint decided_whole check (num_nonnulls(decided_by, decided_at) = case state when 'asked' then 0 else 2 end),
    constraint decided_in_time check (decided_at <= expires_at)
);
create index approval_open on approval (what, asked_at) where state = 'asked';

-- What was asked does not change under the eyes of who decides, and a decision stands.
create function approval_stands() returns trigger
language plpgsql
as $$
begin
    if old.state <> 'asked'
       or (new.approval_id, new.what, new.payload, new.asked_by, new.asked_at, new.expires_at)
          is distinct from (old.approval_id, old.what, old.payload, old.asked_by, old.asked_at, old.expires_at) then
        raise exception 'what was asked and what was decided stands';
    end if;
    return new;
end $$;
create trigger approval_stands before update on approval for each row execute function approval_stands();
