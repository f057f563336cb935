"""Partition the candles by their interval: minutes come and go, days and hours stay."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STEPS = (
    "alter table candle rename to candle_before",
    "alter table candle_before drop constraint pk_candle",
    """
    create table candle (
        instrument text        not null constraint fk_candle_instrument references instrument (code),
        interval   text        not null constraint ck_candle_interval check (interval in ('1m', '1h', '1d')),
        at         timestamptz not null,
        open       numeric     not null,
        high       numeric     not null,
        low        numeric     not null,
        close      numeric     not null,
        volume     numeric     not null,
        source     text        not null,
        version    integer     not null default 1,
        constraint pk_candle primary key (instrument, interval, at),
        constraint ck_candle_prices check (
            low > 0 and low <= least(open, close) and high >= greatest(open, close) and volume >= 0)
    ) partition by list (interval)""",
    "create table candle_1m partition of candle for values in ('1m')",
    "create table candle_1h partition of candle for values in ('1h')",
    "create table candle_1d partition of candle for values in ('1d')",
    """
    insert into candle (instrument, interval, at, open, high, low, close, volume, source, version)
    select instrument, interval, at, open, high, low, close, volume, source, version from candle_before""",
    "drop table candle_before",
)


def upgrade() -> None:
    """Forward only."""
    for statement in STEPS:
        op.execute(sa.text(statement))
