-- What a client's key stands for, kept for ever: a repeat a year later still moves nothing.
create table idempotency (
    principal   uuid        not null,
    operation   text        not null,
    key         text        not null,
    fingerprint bytea       not null,
    object_id   uuid        not null,
    created_at  timestamptz not null default now(),
    primary key (principal, operation, key)
);
