-- The outbox: append-only, by day. Positions are given by the relay when it publishes, in the order (xid, seq).
-- `payload` may be null where the service renders it from immutable rows when it is sent.
create table outbox (
    seq        bigint      generated always as identity,
    xid        xid8        not null default pg_current_xact_id(),
    written_at timestamptz not null default now(),
    event_id   uuid        not null,
    subject    text        not null,
    book       text        not null default 'main',
    key        text        not null default '',
    version    bigint      not null default 0,
    payload    jsonb,
    trace      text,
    causation  text,
    primary key (seq, written_at)
) partition by range (written_at);
create index outbox_order on outbox (xid, seq);
create table outbox_rest partition of outbox default;

-- Makes the partitions of the days to come. Owned by the schema's owner, so that the serving role needs no right to create.
create function outbox_prepare(days int default 7) returns int
language plpgsql security definer set search_path from current
as $$
declare
    made int := 0;
    d    date := (now() at time zone 'utc')::date;
    last date := d + days;
    name text;
begin
    while d <= last loop
        name := 'outbox_' || to_char(d, 'YYYYMMDD');
        if to_regclass(name) is null
           and not exists (select from outbox_rest where written_at >= d::timestamp at time zone 'utc'
                                                     and written_at < (d + 1)::timestamp at time zone 'utc') then
            execute format('create table %I partition of outbox for values from (%L) to (%L)', name,
                           d::timestamp at time zone 'utc', (d + 1)::timestamp at time zone 'utc');
            made := made + 1;
        end if;
        d := d + 1;
    end loop;
    return made;
end $$;
select outbox_prepare();

-- How far the relay has come: everything at or before (xid, seq) is published, `position` events in all.
create table relay (
    "only"     boolean     primary key default true check ("only"),
    xid        xid8        not null default '0',
    seq        bigint      not null default 0,
    position   bigint      not null default 0,
    written_at timestamptz not null default now()
);
insert into relay default values;

-- How far this service has come in what each source tells.
create table inbox (
    source     text        primary key,
    position   bigint      not null,
    handled_at timestamptz not null default now()
);

-- Events that could not be handled: out of the way of the others, kept until somebody decides.
create table parked (
    source    text        not null,
    position  bigint      not null,
    event_id  uuid        not null,
    subject   text        not null,
    payload   jsonb       not null,
    error     text        not null,
    tries     int         not null,
    parked_at timestamptz not null default now(),
    primary key (source, position)
);

-- Who runs a loop that only one replica may run. `fence` grows with each new holder: an older one is recognised.
create table lease (
    name   text        primary key,
    holder uuid        not null,
    fence  bigint      not null,
    until  timestamptz not null
);
