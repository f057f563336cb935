"""What notifications keeps. All that is pushed to an investor has a number in a sequence of its own."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from capitalino.kit.db import Schema

schema = Schema("notifications")
meta = schema.metadata


def _at(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _units(name: str) -> Column[Any]:
    return Column(name, Numeric(38, 0), nullable=False)


sequence = Table(
    "sequence",
    meta,
    Column("investor_id", Uuid, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
balance = Table(
    "balance",
    meta,
    Column("investor_id", Uuid, primary_key=True),
    Column("asset", String, primary_key=True),
    _units("posted"),
    _units("held_out"),
    _units("held_in"),
    Column("version", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    _at("at"),
    Index("ix_balance_investor_id_number", "investor_id", "number"),
)
message = Table(
    "message",
    meta,
    Column("investor_id", Uuid, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("type", String, nullable=False),
    Column("data", JSONB, nullable=False),
    _at("at"),
    CheckConstraint("type in ('payment', 'notification')", name="type"),
)
notification = Table(
    "notification",
    meta,
    Column("notification_id", Uuid, primary_key=True),
    Column("investor_id", Uuid, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("code", String, nullable=False),
    Column("params", JSONB, nullable=False),
    _at("at"),
    _at("read_at", nullable=True),
    UniqueConstraint("investor_id", "number"),
)
