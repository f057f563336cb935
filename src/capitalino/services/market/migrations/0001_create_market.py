"""Create the market: assets, instruments, where they are listed, and candles."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    """
    create table asset (
        code  text     not null constraint pk_asset primary key,
        kind  text     not null constraint ck_asset_kind check (kind in ('fiat', 'crypto')),
        scale smallint not null constraint ck_asset_scale check (scale between 0 and 18),
        name  text     not null
    )""",
    """
    create table instrument (
        code    text    not null constraint pk_instrument primary key,
        base    text    not null constraint fk_instrument_base references asset (code),
        quote   text    not null constraint fk_instrument_quote references asset (code),
        is_open boolean not null default true,
        constraint ck_instrument_code check (code = base || '/' || quote and base <> quote)
    )""",
    "create index ix_instrument_base on instrument (base)",
    "create index ix_instrument_quote on instrument (quote)",
    """
    create table listing (
        venue      text    not null,
        instrument text    not null constraint fk_listing_instrument references instrument (code),
        price_tick numeric not null,
        lot        numeric not null,
        cost_min   numeric not null,
        constraint pk_listing primary key (venue, instrument),
        constraint ck_listing_limits check (price_tick > 0 and lot > 0 and cost_min >= 0)
    )""",
    "create index ix_listing_instrument on listing (instrument)",
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
    )""",
)
# The limits are those that Binance publishes for these pairs.
SEEDS = (
    """
    insert into asset (code, kind, scale, name) values
        ('EUR', 'fiat', 2, 'Euro'), ('USD', 'fiat', 2, 'US dollar'), ('GBP', 'fiat', 2, 'Pound sterling'),
        ('IRR', 'fiat', 2, 'Iranian rial'), ('BTC', 'crypto', 8, 'Bitcoin'), ('ETH', 'crypto', 18, 'Ether'),
        ('LTC', 'crypto', 8, 'Litecoin'), ('USDT', 'crypto', 6, 'Tether')""",
    """
    insert into instrument (code, base, quote) values
        ('BTC/EUR', 'BTC', 'EUR'), ('ETH/EUR', 'ETH', 'EUR'), ('LTC/EUR', 'LTC', 'EUR')""",
    """
    insert into listing (venue, instrument, price_tick, lot, cost_min) values
        ('binance', 'BTC/EUR', 0.01, 0.00001, 5), ('binance', 'ETH/EUR', 0.01, 0.0001, 5),
        ('binance', 'LTC/EUR', 0.01, 0.001, 5)""",
)


def upgrade() -> None:
    """Forward only."""
    for statement in (*TABLES, *SEEDS):
        op.execute(sa.text(statement))
