"""Books, assets, accounts and limits."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from capitalino.services.ledger.tables.columns import AT, NOUGHT, NOW, UNITS, WORD, schema

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
    Column("normal", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False, server_default=NOUGHT),
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
    CheckConstraint(
        "least(debits_posted, credits_posted, debits_pending, credits_pending) >= 0", name="counters"
    ),
)
"""Balance = credits - debits. `normal` (1 credit, -1 debit) is for display. Bits of `state`: 1 frozen in, 2
frozen out, 4 closed. The bounds bind the balance, holds included: floor <= credits - debits - debits_pending,
ceiling >= credits - debits + credits_pending. No index has a column that changes: updates stay in their
page."""

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
