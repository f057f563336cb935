"""Keep fiat reference rates: what each source told last, how it does, and the last good rate of each pair."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    """
    create table rate_source (
        source       text        not null constraint pk_rate_source primary key,
        base         text,
        told_at      timestamptz,
        succeeded_at timestamptz,
        failed_at    timestamptz,
        failures     integer     not null default 0,
        error        text,
        message      text,
        is_shut      boolean     not null default false,
        constraint ck_rate_source_told check ((base is null) = (told_at is null)),
        constraint ck_rate_source_failures check (failures >= 0)
    )""",
    """
    create table rate_told (
        source text    not null constraint fk_rate_told_source references rate_source (source),
        asset  text    not null,
        rate   numeric not null,
        constraint pk_rate_told primary key (source, asset),
        constraint ck_rate_told_rate check (rate > 0 and rate < 'infinity')
    )""",
    """
    create table rate_good (
        base   text        not null,
        quote  text        not null,
        rate   numeric     not null,
        groups smallint    not null,
        at     timestamptz not null,
        constraint pk_rate_good primary key (base, quote),
        constraint ck_rate_good_pair check (base collate "C" < quote collate "C"),
        constraint ck_rate_good_rate check (rate > 0 and rate < 'infinity'),
        constraint ck_rate_good_groups check (groups > 0)
    )""",
)


def upgrade() -> None:
    """Forward only."""
    for statement in TABLES:
        op.execute(sa.text(statement))
