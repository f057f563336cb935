"""Create the ledger: tables with their partitions, and the assets that ship."""

from collections.abc import Sequence

from alembic import op

from capitalino.kit.migrations import execute_script

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PARTITIONS = 8
TABLES = """
create table asset (
    asset text collate "C" not null constraint pk_asset primary key,
    kind  text             not null
        constraint ck_asset_kind check (kind in ('fiat', 'crypto', 'fund', 'game')),
    scale smallint         not null constraint ck_asset_scale check (scale between 0 and 30),
    name  text             not null
);

create table account (
    account_id      bigint           generated always as identity constraint pk_account primary key,
    version         bigint           not null default 0,
    changed_at      timestamptz      not null default now(),
    opened_at       timestamptz      not null default now(),
    shard           smallint         not null default 0,
    normal          smallint         not null constraint ck_account_normal check (normal in (1, -1)),
    state           smallint         not null default 0
        constraint ck_account_state check (state between 0 and 7),
    debits_posted   numeric(38, 0)   not null default 0,
    credits_posted  numeric(38, 0)   not null default 0,
    debits_pending  numeric(38, 0)   not null default 0,
    credits_pending numeric(38, 0)   not null default 0,
    floor           numeric(38, 0),
    ceiling         numeric(38, 0),
    asset           text collate "C" not null,
    book            text collate "C" not null,
    address         text collate "C" not null,
    constraint uq_account_address_asset unique (address, asset),
    constraint ck_account_bounds check (floor <= ceiling),
    constraint ck_account_counters
        check (least(debits_posted, credits_posted, debits_pending, credits_pending) >= 0)
) with (fillfactor = 50);  -- room for updates inside the page

create table entry (
    entry_id        uuid             not null constraint pk_entry primary key,
    fingerprint     uuid             not null,
    recorded_at     timestamptz      not null,
    refers_to       uuid,
    effective_at    timestamptz,
    expires_at      timestamptz,
    shard           smallint         not null,
    status          smallint         not null,
    kind            text collate "C" not null
        constraint ck_entry_kind check (kind in ('post', 'hold', 'capture', 'release', 'expire', 'reverse')),
    code            text collate "C" not null,
    book            text collate "C" not null,
    source          bigint[]         not null,
    destination     bigint[]         not null,
    units           numeric[]        not null,
    reference_units numeric(38, 0),
    metadata        jsonb,
    constraint ck_entry_moves check (status > 0 or cardinality(source) > 0)
) partition by hash (entry_id);

create table line (
    account_id   bigint           not null,
    version      bigint           not null,
    recorded_at  timestamptz      not null,
    effective_at timestamptz,
    entry_id     uuid             not null,
    shard        smallint         not null,
    book         text collate "C" not null,
    units        numeric(38, 0)   not null,
    posted       numeric(38, 0)   not null,
    held_out     numeric(38, 0)   not null,
    held_in      numeric(38, 0)   not null,
    constraint pk_line primary key (account_id, version)
) partition by hash (account_id);
create index ix_line_account_id_effective_at on line (account_id, effective_at)
    where effective_at is not null;

create table open_hold (
    hold_id    uuid             not null constraint pk_open_hold primary key,
    expires_at timestamptz,
    shard      smallint         not null,
    book       text collate "C" not null
);
create index ix_open_hold_expires_at on open_hold (expires_at) where expires_at is not null;

insert into asset (asset, kind, scale, name) values
    ('EUR', 'fiat', 2, 'Euro'), ('USD', 'fiat', 2, 'US dollar'), ('GBP', 'fiat', 2, 'Pound sterling'),
    ('IRR', 'fiat', 2, 'Iranian rial'), ('BTC', 'crypto', 8, 'Bitcoin'), ('ETH', 'crypto', 18, 'Ether'),
    ('LTC', 'crypto', 8, 'Litecoin'), ('USDT', 'crypto', 6, 'Tether');
"""


def upgrade() -> None:
    """Apply this step."""
    connection = op.get_bind()
    execute_script(connection, TABLES)
    for table in ("entry", "line"):
        for number in range(PARTITIONS):
            op.execute(
                f"create table {table}_{number:02} partition of {table} "
                f"for values with (modulus {PARTITIONS}, remainder {number})"
            )
