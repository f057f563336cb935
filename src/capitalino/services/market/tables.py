"""What the market stores.

Candles have one partition for each interval: minutes are written all the time and thrown away after a while,
which must not trouble the days and hours that stay for ever. Each is ordered by its primary key (instrument,
interval, at): every read and write is one short range of that index. Twenty instruments make 2.6 million
minutes in 90 days, some 300 MB; partitions by time would only add the duty to make them in time. Ten times as
many instruments are the moment to think again.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)

from capitalino.kit.db import Schema

schema = Schema("market")

asset = Table(
    "asset",
    schema.metadata,
    Column("code", Text, primary_key=True),
    Column("kind", Text, CheckConstraint("kind in ('fiat', 'crypto')", name="kind"), nullable=False),
    Column("scale", SmallInteger, CheckConstraint("scale between 0 and 18", name="scale"), nullable=False),
    Column("name", Text, nullable=False),
)

instrument = Table(
    "instrument",
    schema.metadata,
    Column("code", Text, primary_key=True),
    Column("base", Text, ForeignKey(asset.c.code), nullable=False, index=True),
    Column("quote", Text, ForeignKey(asset.c.code), nullable=False, index=True),
    Column("is_open", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("code = base || '/' || quote and base <> quote", name="code"),
)

listing = Table(
    "listing",
    schema.metadata,
    Column("venue", Text, primary_key=True),
    Column("instrument", Text, ForeignKey(instrument.c.code), primary_key=True, index=True),
    Column("price_tick", Numeric, nullable=False),
    Column("lot", Numeric, nullable=False),
    Column("cost_min", Numeric, nullable=False),
    CheckConstraint("price_tick > 0 and lot > 0 and cost_min >= 0", name="limits"),
)

candle = Table(
    "candle",
    schema.metadata,
    Column("instrument", Text, ForeignKey(instrument.c.code), primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("open", Numeric, nullable=False),
    Column("high", Numeric, nullable=False),
    Column("low", Numeric, nullable=False),
    Column("close", Numeric, nullable=False),
    Column("volume", Numeric, nullable=False),
    Column("source", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("interval in ('1m', '1h', '1d')", name="interval"),
    CheckConstraint(
        "low > 0 and low <= least(open, close) and high >= greatest(open, close) and volume >= 0",
        name="prices",
    ),
    postgresql_partition_by="list (interval)",
)
"""`source` is `ticks` until a venue has told the closed candle; `version` grows with each other close."""

rate_source = Table(
    "rate_source",
    schema.metadata,
    Column("source", Text, primary_key=True),
    Column("base", Text),
    Column("told_at", DateTime(timezone=True)),
    Column("succeeded_at", DateTime(timezone=True)),
    Column("failed_at", DateTime(timezone=True)),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    Column("message", Text),
    Column("is_shut", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("(base is null) = (told_at is null)", name="told"),
    CheckConstraint("failures >= 0", name="failures"),
)
"""How a source of reference rates does. `failures` since it succeeded; `is_shut`: its breaker is open."""

rate_told = Table(
    "rate_told",
    schema.metadata,
    Column("source", Text, ForeignKey(rate_source.c.source), primary_key=True),
    Column("asset", Text, primary_key=True),
    Column("rate", Numeric, nullable=False),
    CheckConstraint("rate > 0 and rate < 'infinity'", name="rate"),
)
"""The newest sheet of each source: so much of `asset` for one of the source's base."""

rate_good = Table(
    "rate_good",
    schema.metadata,
    Column("base", Text, primary_key=True),
    Column("quote", Text, primary_key=True),
    Column("rate", Numeric, nullable=False),
    Column("groups", SmallInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint('base collate "C" < quote collate "C"', name="pair"),
    CheckConstraint("rate > 0 and rate < 'infinity'", name="rate"),
    CheckConstraint("groups > 0", name="groups"),
)
"""The last rate of each pair that nothing spoke against, in one direction; on how many groups it stood."""

rate_day = Table(
    "rate_day",
    schema.metadata,
    Column("asset", Text, ForeignKey(asset.c.code), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("rate", Numeric, nullable=False),
    CheckConstraint("rate > 0 and rate < 'infinity'", name="rate"),
)
"""The European Central Bank's rate of a past day: so much of `asset` for one euro."""
