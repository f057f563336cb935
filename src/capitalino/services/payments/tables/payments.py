"""Quotes, conversions and deposits, as they are stored."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from capitalino.services.payments.tables.columns import at, metadata, units

STATES = "state in ('pending', 'unknown', 'in_review', 'settled', 'refused')"
SETTLEMENTS = "settlement in ('back_to_back', 'inventory')"
ATTEMPT_STATES = "state in ('sent', 'filled', 'never', 'late')"

quote = Table(
    "quote",
    metadata,
    Column("quote_id", Uuid, primary_key=True),
    Column("investor_id", Uuid, nullable=False, index=True),
    Column("base", String, nullable=False),
    Column("quote", String, nullable=False),
    Column("side", String, CheckConstraint("side in ('buy', 'sell')", name="side"), nullable=False),
    Column("from_asset", String, nullable=False),
    units("from_units"),
    Column("to_asset", String, nullable=False),
    units("to_units"),
    units("fee_units"),
    units("spread_units"),
    Column("rate", Numeric(58, 18), nullable=False),
    Column("mid", Numeric(58, 18), nullable=False),
    Column("sources", String, nullable=False),
    at("price_at"),
    at("expires_at"),
    Column("used_by", Uuid, unique=True),
    # How it came about, as it is shown to staff: nothing in it is ever looked for.
    Column("evaluation", JSONB),
    Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    CheckConstraint("from_units > 0 and to_units > 0 and fee_units >= 0 and spread_units >= 0", name="units"),
)

conversion = Table(
    "conversion",
    metadata,
    Column("conversion_id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("investor_id", Uuid, nullable=False),
    Column("quote_id", Uuid, ForeignKey(quote.c.quote_id), nullable=False, unique=True),
    Column("state", String, CheckConstraint(STATES, name="state"), nullable=False),
    Column("step", String, nullable=False),
    Column(
        "settlement",
        String,
        CheckConstraint(SETTLEMENTS, name="settlement"),
        nullable=False,
        server_default="back_to_back",
    ),
    # The ids under which the ledger is asked: written before it is, the same for every try.
    Column("hold_id", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("release_id", Uuid, nullable=False),
    # Which ids the books are asked under: the ledger never takes one again that it has refused.
    Column("entry_number", Integer, nullable=False, server_default="1"),
    Column("reason", String),
    Column("tries", Integer, nullable=False, server_default="0"),
    at("due_at"),
    Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    at("settled_at", nullable=True),
    at("effective_at", nullable=True),
    Index("ix_conversion_investor_position", "investor_id", "position"),
)
Index(
    "ix_conversion_due",
    conversion.c.due_at,
    postgresql_where=conversion.c.state.in_(("pending", "unknown")),
)
Index(
    "ix_conversion_queue",
    conversion.c.position,
    postgresql_where=conversion.c.state.in_(("unknown", "in_review")),
)

conversion_step = Table(
    "conversion_step",
    metadata,
    Column("conversion_id", Uuid, ForeignKey(conversion.c.conversion_id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("step", String, nullable=False),
    Column("state", String),
    Column("at", DateTime(timezone=True), server_default=func.clock_timestamp(), nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    Column("conversion_id", Uuid, ForeignKey(conversion.c.conversion_id), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("client_order_id", String, nullable=False, unique=True),
    Column("venue", String, nullable=False),
    Column("state", String, CheckConstraint(ATTEMPT_STATES, name="state"), nullable=False),
    at("sent_at"),
    units("base_units"),
    units("quote_units"),
    # Of the base: what was still to be ordered, and what of it is left for another part.
    Column("wanted_units", Numeric(38, 0), nullable=False, server_default="0"),
    Column("left_units", Numeric(38, 0), nullable=False, server_default="0"),
    # Why it went there, as it is shown to staff: nothing in it is ever looked for.
    Column("routing", JSONB),
    Index("ix_attempt_venue_sent", "venue", "sent_at"),
)

deposit_address = Table(
    "deposit_address",
    metadata,
    Column("investor_id", Uuid, primary_key=True),
    Column("asset", String, primary_key=True),
    Column("venue", String, nullable=False),
    Column("network", String, nullable=False),
    Column("address", String, nullable=False),
    Column("tag", String, nullable=False, unique=True),
    Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
)

deposit = Table(
    "deposit",
    metadata,
    Column("deposit_id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("investor_id", Uuid),
    Column("asset", String, nullable=False),
    units("units"),
    Column("state", String, CheckConstraint(STATES, name="state"), nullable=False),
    Column("venue", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("rail", String, nullable=False),
    Column("entry_number", Integer, nullable=False, server_default="1"),
    Column("reason", String),
    at("effective_at", nullable=True),
    Column("seen_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    at("settled_at", nullable=True),
    UniqueConstraint("venue", "reference"),
    CheckConstraint("units >= 0", name="units"),
    Index("ix_deposit_investor_position", "investor_id", "position"),
)
Index("ix_deposit_open", deposit.c.position, postgresql_where=deposit.c.state == "pending")
Index(
    "ix_deposit_queue",
    deposit.c.position,
    postgresql_where=deposit.c.state.in_(("unknown", "in_review")),
)

watermark = Table(
    "watermark",
    metadata,
    Column("venue", String, primary_key=True),
    # Every deposit that the venue lists before this is stored here and final there.
    at("at"),
)
