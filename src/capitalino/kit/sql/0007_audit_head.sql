-- Where the audit log ended at a time, signed: who can write to the database still cannot write another history.
create table audit_head (
    seq       bigint      primary key,
    hash      bytea       not null check (octet_length(hash) = 32),
    signed_at timestamptz not null,
    key_id    text        not null,
    signature bytea       not null check (octet_length(signature) = 64)
);
create trigger audit_head_stands before update or delete or truncate on audit_head
    for each statement execute function audit_stands();

-- Keeps a signature of a row that is there, and later than all that are signed; false otherwise.
create function audit_keep_head(head bigint, sum bytea, moment timestamptz, key text, seal bytea) returns boolean
language plpgsql security definer set search_path from current
as $$
begin
    insert into audit_head
    select a.seq, a.hash, moment, key, seal from audit a
     where a.seq = head and a.hash = sum and head > coalesce((select max(h.seq) from audit_head h), 0)
        on conflict do nothing;
    return found;
end $$;
