"""Deepen the ledger: books with a close, changes of accounts, reversals, limits by rolling window."""

from collections.abc import Sequence

from alembic import op

from capitalino.kit.migrations import execute_script

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DROP = """
do $$ begin
    execute (select string_agg(format('drop function %s', p.oid::regprocedure), ';')
               from pg_proc p where p.pronamespace = 'ledger'::regnamespace and p.proname = '{name}');
exception when null_value_not_allowed then null;
end $$"""
TABLES = """
create table book (
    book         text collate "C" not null constraint pk_book primary key,
    name         text             not null,
    closed_until timestamptz
);
insert into book (book, name) values ('main', 'The company and its clients'), ('game', 'Game money');
insert into book (book, name) select distinct book, book from account on conflict do nothing;

create table account_change (
    change_id  uuid             not null,
    account_id bigint           not null,
    fingerprint uuid            not null,
    changed_at timestamptz      not null,
    state      smallint         not null,
    floor      numeric(38, 0),
    ceiling    numeric(38, 0),
    changed_by text             not null,
    reason     text             not null,
    constraint pk_account_change primary key (change_id, account_id)
);
create index ix_account_change_account_id on account_change (account_id, changed_at);

create table reversed_posting (
    entry_id uuid           not null,
    number   smallint       not null,
    units    numeric(38, 0) not null,
    original numeric(38, 0) not null,
    constraint pk_reversed_posting primary key (entry_id, number),
    constraint ck_reversed_posting_units check (units between 1 and original)
);

create table window_limit (
    limit_key text collate "C" not null,
    window_s  bigint           not null constraint ck_window_limit_window check (window_s > 0),
    units     numeric(38, 0)   not null constraint ck_window_limit_units check (units >= 0),
    changed_at timestamptz     not null default now(),
    constraint pk_window_limit primary key (limit_key, window_s)
);

create table window_use (
    limit_key   text collate "C" not null,
    recorded_at timestamptz      not null,
    entry_id    uuid             not null,
    units       numeric(38, 0)   not null,
    constraint pk_window_use primary key (limit_key, recorded_at, entry_id)
);

alter table entry add column limit_key text collate "C";

-- The functions, which are the only road, see to these: a check is read anew by every call that writes, in
-- each partition, and cost an eighth of it. What counters may be stays checked, as the last fence.
alter table account
    drop constraint ck_account_state, drop constraint ck_account_normal, drop constraint ck_account_bounds;
alter table entry drop constraint ck_entry_kind, drop constraint ck_entry_moves;
"""


def upgrade() -> None:
    """Apply this step."""
    connection = op.get_bind()
    for name in ("post_batch", "judge", "recognise", "unfold", "open_accounts"):
        op.execute(DROP.format(name=name))  # of the first step: their signatures have changed
    execute_script(connection, TABLES)
