"""What users keeps. Names are sealed with a key of each person: who destroys it erases the person."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Uuid,
    text,
)

from capitalino.kit.db import Schema

schema = Schema("users")
meta = schema.metadata


def _at(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


profile = Table(
    "profile",
    meta,
    Column("user_id", Uuid, primary_key=True),
    Column("investor_id", Uuid, nullable=False, unique=True),
    Column("language", String, nullable=False),
    Column("base_asset", String, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("calendar", String, nullable=False),
    Column("digits", String, nullable=False),
    Column("display_name_sealed", LargeBinary),
    Column("version", BigInteger, nullable=False),
    _at("created_at"),
    _at("changed_at"),
    CheckConstraint("language in ('en', 'fa')", name="language"),
    CheckConstraint("calendar in ('gregorian', 'persian')", name="calendar"),
    CheckConstraint("digits in ('latn', 'arabext')", name="digits"),
)
person_key = Table(
    "person_key",
    meta,
    Column("user_id", Uuid, ForeignKey("users.profile.user_id", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    _at("created_at"),
)
account_opening = Table(
    "account_opening",
    meta,
    Column(
        "investor_id",
        Uuid,
        ForeignKey("users.profile.investor_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("asset", String, primary_key=True),
    Column("state", String, nullable=False),
    _at("next_try_at"),
    _at("created_at"),
    _at("opened_at", nullable=True),
    CheckConstraint("state in ('pending', 'open')", name="state"),
    Index("ix_account_opening_next_try_at", "next_try_at", postgresql_where=text("state = 'pending'")),
)
