"""The tables of payments."""

from decimal import Decimal

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

from capitalino.kit.db import Schema

schema = Schema("payments")
metadata = schema.metadata
STATES = "state in ('pending', 'unknown', 'in_review', 'settled', 'refused')"
ATTEMPT_STATES = "state in ('sent', 'filled', 'never', 'late')"


def _units(name: str, *, nullable: bool = False) -> Column[Decimal]:
    return Column(name, Numeric(38, 0), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


quote = Table(
    "quote",
    metadata,
    Column("quote_id", Uuid, primary_key=True),
    Column("investor_id", Uuid, nullable=False, index=True),
    Column("base", String, nullable=False),
    Column("quote", String, nullable=False),
    Column("side", String, CheckConstraint("side in ('buy', 'sell')", name="side"), nullable=False),
    Column("from_asset", String, nullable=False),
    _units("from_units"),
    Column("to_asset", String, nullable=False),
    _units("to_units"),
    _units("fee_units"),
    _units("spread_units"),
    Column("rate", Numeric(58, 18), nullable=False),
    Column("mid", Numeric(58, 18), nullable=False),
    Column("sources", String, nullable=False),
    _at("price_at"),
    _at("expires_at"),
    Column("used_by", Uuid, unique=True),
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
    # The ids under which the ledger is asked: written before it is, the same for every try.
    Column("hold_id", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("release_id", Uuid, nullable=False),
    # Which ids the books are asked under: the ledger never takes one again that it has refused.
    Column("entry_number", Integer, nullable=False, server_default="1"),
    Column("reason", String),
    Column("tries", Integer, nullable=False, server_default="0"),
    _at("due_at"),
    Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    _at("settled_at", nullable=True),
    _at("effective_at", nullable=True),
    Index("ix_conversion_investor_position", "investor_id", "position"),
)
Index(
    "ix_conversion_due",
    conversion.c.due_at,
    postgresql_where=conversion.c.state.in_(("pending", "unknown")),
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
    _at("sent_at"),
    _units("base_units"),
    _units("quote_units"),
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
    _units("units"),
    Column("state", String, CheckConstraint(STATES, name="state"), nullable=False),
    Column("venue", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("rail", String, nullable=False),
    Column("entry_number", Integer, nullable=False, server_default="1"),
    Column("reason", String),
    _at("effective_at", nullable=True),
    Column("seen_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    _at("settled_at", nullable=True),
    UniqueConstraint("venue", "reference"),
    CheckConstraint("units >= 0", name="units"),
    Index("ix_deposit_investor_position", "investor_id", "position"),
)
Index("ix_deposit_open", deposit.c.position, postgresql_where=deposit.c.state == "pending")

watermark = Table(
    "watermark",
    metadata,
    Column("venue", String, primary_key=True),
    # Every deposit that the venue lists before this is stored here and final there.
    _at("at"),
)
