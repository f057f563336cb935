"""What staff decide: the price list and the switches. Triggers in `sql/four_eyes.sql` guard both."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Numeric,
    String,
    Table,
    Uuid,
    func,
)

from capitalino.services.payments.tables.columns import approved, at, metadata

terms = Table(
    "terms",
    metadata,
    Column("terms_id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("base", String, nullable=False),
    Column("quote", String, nullable=False),
    Column("spread", Numeric(9, 8), nullable=False),
    Column("fee", Numeric(9, 8), nullable=False),
    at("valid_from"),
    *approved("approval_id"),
    Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    CheckConstraint("(base = '*') = (quote = '*')", name="pair"),
    CheckConstraint("spread >= 0 and spread < 1 and fee >= 0 and fee < 1", name="parts"),
    CheckConstraint("num_nonnulls(approval_id, asked_by, approved_by) in (0, 3)", name="approved"),
    CheckConstraint("asked_by <> approved_by", name="four_eyes"),
    CheckConstraint("approval_id is null or valid_from >= created_at", name="not_past"),
    Index("ix_terms_pair", "base", "quote", "valid_from"),
)

closure = Table(
    "closure",
    metadata,
    Column("closure_id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column(
        "flow",
        String,
        CheckConstraint("flow in ('*', 'conversion', 'crypto_deposit')", name="flow"),
        nullable=False,
    ),
    Column("asset", String, nullable=False),
    Column("venue", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("closed_by", Uuid, nullable=False),
    Column("closed_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    *approved("opening_id"),
    at("opened_at", nullable=True),
    CheckConstraint("num_nonnulls(opening_id, asked_by, approved_by, opened_at) in (0, 4)", name="opened"),
    CheckConstraint("asked_by <> approved_by", name="four_eyes"),
)
Index(
    "uq_closure_scope",
    closure.c.flow,
    closure.c.asset,
    closure.c.venue,
    unique=True,
    postgresql_where=closure.c.opened_at.is_(None),
)
