"""Create the chain: blocks of sealed entries, signed checkpoints, and the refusals that wait to be sealed."""

from collections.abc import Sequence

from alembic import op

from capitalino.kit.migrations import execute_script

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
create table block (
    number     bigint      not null constraint pk_block primary key,
    sealed_at  timestamptz not null,
    xid        bigint      not null,
    seq        bigint      not null,
    written_at timestamptz not null,
    previous   bytea       not null,
    hash       bytea       not null,
    entry_ids  uuid[]      not null,
    versions   bigint[]    not null,
    marks      bytea       not null,
    constraint ck_block_hashes check (octet_length(previous) = 32 and octet_length(hash) = 32)
);
-- Ids and marks are all but random: nothing is gained by trying to make them smaller.
alter table block alter column entry_ids set storage external, alter column marks set storage external;

create table checkpoint (
    number    bigint      not null constraint pk_checkpoint primary key,
    hash      bytea       not null,
    signed_at timestamptz not null,
    key_id    text        not null,
    signature bytea       not null
);

create table unsealed_refusal (
    entry_id uuid not null constraint pk_unsealed_refusal primary key
);
insert into unsealed_refusal select entry_id from entry where status > 0;
"""


def upgrade() -> None:
    """Apply this step."""
    execute_script(op.get_bind(), TABLES)
