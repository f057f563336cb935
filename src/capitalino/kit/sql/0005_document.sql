-- Documents that nobody sums. Only ciphertext where they speak of a person.
create table document (
    collection  text        not null,
    document_id uuid        not null,
    version     int         not null check (version > 0),
    body        jsonb       not null,
    written_at  timestamptz not null default now(),
    primary key (collection, document_id)
);
