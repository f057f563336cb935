"""What the ledger stores. The migrations make it, with its partitions; queries and checks look here."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from capitalino.kit.db import Schema

schema = Schema("ledger", guarded=True)
UNITS = Numeric(38, 0)
WORD = Text(collation="C")
AT = DateTime(timezone=True)
NOUGHT = text("0")
NOW = text("now()")

book = Table(
    "book",
    schema.metadata,
    Column("book", WORD, primary_key=True),
    Column("name", Text, nullable=False),
    Column("closed_until", AT),
)
"""A legal entity's books, or the game's. Nothing takes effect before `closed_until` any more."""

asset = Table(
    "asset",
    schema.metadata,
    Column("asset", WORD, primary_key=True),
    Column(
        "kind",
        Text,
        CheckConstraint("kind in ('fiat', 'crypto', 'fund', 'game')", name="kind"),
        nullable=False,
    ),
    Column("scale", SmallInteger, CheckConstraint("scale between 0 and 30", name="scale"), nullable=False),
    Column("name", Text, nullable=False),
)

account = Table(
    "account",
    schema.metadata,
    Column("account_id", BigInteger, Identity(always=True), primary_key=True),
    Column("version", BigInteger, nullable=False, server_default=NOUGHT),
    Column("changed_at", AT, nullable=False, server_default=NOW),
    Column("opened_at", AT, nullable=False, server_default=NOW),
    Column("shard", SmallInteger, nullable=False, server_default=NOUGHT),
    Column("normal", SmallInteger, CheckConstraint("normal in (1, -1)", name="normal"), nullable=False),
    Column(
        "state",
        SmallInteger,
        CheckConstraint("state between 0 and 7", name="state"),
        nullable=False,
        server_default=NOUGHT,
    ),
    Column("debits_posted", UNITS, nullable=False, server_default=NOUGHT),
    Column("credits_posted", UNITS, nullable=False, server_default=NOUGHT),
    Column("debits_pending", UNITS, nullable=False, server_default=NOUGHT),
    Column("credits_pending", UNITS, nullable=False, server_default=NOUGHT),
    Column("floor", UNITS),
    Column("ceiling", UNITS),
    Column("asset", WORD, nullable=False),
    Column("book", WORD, nullable=False),
    Column("address", WORD, nullable=False),
    UniqueConstraint("address", "asset"),
    CheckConstraint("floor <= ceiling", name="bounds"),
    CheckConstraint("address ~ '^[a-z]+(:[A-Za-z0-9._-]+)+$'", name="address"),
    CheckConstraint("asset ~ '^[A-Z0-9._-]{2,20}$'", name="asset"),
    CheckConstraint("book ~ '^[a-z][a-z0-9_-]{0,30}$'", name="book"),
    CheckConstraint(
        "least(debits_posted, credits_posted, debits_pending, credits_pending) >= 0", name="counters"
    ),
)
"""Balance = credits - debits. `normal` (1 credit, -1 debit) is for display. Bits of `state`: 1 frozen in, 2
frozen out, 4 closed. The bounds bind the balance, holds included: floor <= credits - debits - debits_pending,
ceiling >= credits - debits + credits_pending. No index has a column that changes: updates stay in their
page."""

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
    CheckConstraint("kind in ('post', 'hold', 'capture', 'release', 'expire', 'reverse')", name="kind"),
    CheckConstraint("status > 0 or cardinality(source) > 0", name="moves"),
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

account_change = Table(
    "account_change",
    schema.metadata,
    Column("change_id", Uuid, primary_key=True),
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("fingerprint", Uuid, nullable=False),
    Column("changed_at", AT, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("floor", UNITS),
    Column("ceiling", UNITS),
    Column("changed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Who froze, closed, reopened or bounded an account, why, and how it was afterwards."""

Index("ix_account_change_account_id", account_change.c.account_id, account_change.c.changed_at)

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

window_limit = Table(
    "window_limit",
    schema.metadata,
    Column("limit_key", WORD, primary_key=True),
    Column("window_s", BigInteger, CheckConstraint("window_s > 0", name="window"), primary_key=True),
    Column("units", UNITS, CheckConstraint("units >= 0", name="units"), nullable=False),
    Column("changed_at", AT, nullable=False, server_default=NOW),
)
"""How much, in the base asset, may be used of a key within a rolling window. No row: nothing."""

window_use = Table(
    "window_use",
    schema.metadata,
    Column("limit_key", WORD, primary_key=True),
    Column("recorded_at", AT, primary_key=True),
    Column("entry_id", Uuid, primary_key=True),
    Column("units", UNITS, nullable=False),
)
"""What accepted entries have used of a key. A hold that is given back gives back its use."""

block = Table(
    "block",
    schema.metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed_at", AT, nullable=False),
    Column("xid", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("written_at", AT, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("entry_ids", ARRAY(Uuid), nullable=False),
    Column("versions", ARRAY(BigInteger), nullable=False),
    Column("marks", LargeBinary, nullable=False),
    CheckConstraint("octet_length(previous) = 32 and octet_length(hash) = 32", name="hashes"),
)
"""A link of the chain: the entries that it has sealed, accepted ones before refused ones. Every event up to
(xid, seq) has its entry sealed; it was written at `written_at`. `versions` of lines and `marks` of rows only
help to find them."""

checkpoint = Table(
    "checkpoint",
    schema.metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("signed_at", AT, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
"""The hash of a block, signed. Copies are kept elsewhere."""

unsealed_refusal = Table("unsealed_refusal", schema.metadata, Column("entry_id", Uuid, primary_key=True))
"""Refused commands that are in no block yet: they have no event that would lead to them."""
