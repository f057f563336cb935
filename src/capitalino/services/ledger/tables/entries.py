"""Entries, lines, open holds, what was reversed."""

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Index, Numeric, SmallInteger, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from capitalino.services.ledger.tables.columns import AT, UNITS, WORD, schema

entry = Table(
    "entry",
    schema.metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("fingerprint", Uuid, nullable=False),
    Column("recorded_at", AT, nullable=False),
    Column("refers_to", Uuid),
    Column("effective_at", AT),
    Column("expires_at", AT),
    Column("shard", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("code", WORD, nullable=False),
    Column("book", WORD, nullable=False),
    Column("source", ARRAY(BigInteger), nullable=False),
    Column("destination", ARRAY(BigInteger), nullable=False),
    Column("units", ARRAY(Numeric), nullable=False),
    Column("reference_units", UNITS),
    Column("metadata", JSONB),
    Column("limit_key", WORD),
    postgresql_partition_by="hash (entry_id)",
)
"""Accepted (status 0) and refused commands: one key tells what was seen before. `effective_at` null: as
recorded. `units` is what was moved, set aside (hold) or given back (release, expire). 8 partitions by id."""

line = Table(
    "line",
    schema.metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("recorded_at", AT, nullable=False),
    Column("effective_at", AT),
    Column("entry_id", Uuid, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("book", WORD, nullable=False),
    Column("units", UNITS, nullable=False),
    Column("posted", UNITS, nullable=False),
    Column("held_out", UNITS, nullable=False),
    Column("held_in", UNITS, nullable=False),
    postgresql_partition_by="hash (account_id)",
)
"""One account's side of one posting: `units` signed (credit is positive, 0 when only a hold changed), then
the balances after it. Versions have no gaps, recorded_at grows with them. 8 partitions by account."""

Index(
    "ix_line_account_id_effective_at",
    line.c.account_id,
    line.c.effective_at,
    postgresql_where=line.c.effective_at.is_not(None),
)

open_hold = Table(
    "open_hold",
    schema.metadata,
    Column("hold_id", Uuid, primary_key=True),
    Column("expires_at", AT),
    Column("shard", SmallInteger, nullable=False),
    Column("book", WORD, nullable=False),
)
"""Holds neither captured, released nor expired: it stays as small as they are few."""

Index("ix_open_hold_expires_at", open_hold.c.expires_at, postgresql_where=open_hold.c.expires_at.is_not(None))

reversed_posting = Table(
    "reversed_posting",
    schema.metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("units", UNITS, nullable=False),
    Column("original", UNITS, nullable=False),
    CheckConstraint("units between 1 and original", name="units"),
)
"""What reversals have taken back of each posting (from 1) of an entry: never more than it moved."""
