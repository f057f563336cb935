-- Who did what, for ever. Each row holds the hash of the one before, so that nothing is changed or taken out unseen.
-- Personal data is in `details` as ciphertext or not at all: the hash is over what is stored, and survives an erasure.
create table audit (
    seq       bigint      primary key,
    at        timestamptz not null,
    principal text        not null,
    action    text        not null,
    subject   text        not null,
    details   text        not null,
    prev_hash bytea       not null check (octet_length(prev_hash) = 32),
    hash      bytea       not null check (octet_length(hash) = 32)
);
create index audit_subject on audit (subject, seq);

create function audit_part(part bytea) returns bytea
language sql immutable
return int4send(octet_length(part)) || part;

-- The only way in: the serving role may not insert. Runs in the caller's transaction and commits with it.
create function audit_append(who text, did text, what text, more text) returns bigint
language plpgsql security definer set search_path from current
as $$
declare
    last_seq  bigint;
    last_at   timestamptz;
    last_hash bytea;
    moment    timestamptz;
    sum       bytea;
begin
    perform pg_advisory_xact_lock(hashtextextended(current_schema() || '.audit', 0));
    select seq, at, hash into last_seq, last_at, last_hash from audit order by seq desc limit 1;
    last_seq := coalesce(last_seq, 0);
    last_hash := coalesce(last_hash, decode(repeat('00', 32), 'hex'));
    moment := greatest(last_at, clock_timestamp());  -- a clock that is set back does not turn the order round
    sum := sha256(
        audit_part(int8send(last_seq + 1))
        || audit_part(int8send((extract(epoch from moment) * 1000000)::bigint))
        || audit_part(convert_to(who, 'UTF8'))
        || audit_part(convert_to(did, 'UTF8'))
        || audit_part(convert_to(what, 'UTF8'))
        || audit_part(convert_to(more, 'UTF8'))
        || audit_part(last_hash)
    );
    insert into audit values (last_seq + 1, moment, who, did, what, more, last_hash, sum);
    return last_seq + 1;
end $$;

create function audit_stands() returns trigger
language plpgsql
as $$
begin
    raise exception 'audit rows stand for ever';
end $$;
create trigger audit_stands before update or delete or truncate on audit
    for each statement execute function audit_stands();
