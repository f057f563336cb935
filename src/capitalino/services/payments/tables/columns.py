"""The schema, and the kinds of column that its tables share."""

from decimal import Decimal

from sqlalchemy import Column, DateTime, Numeric, Uuid

from capitalino.kit.db import Schema

schema = Schema("payments")
metadata = schema.metadata


def units(name: str, *, nullable: bool = False) -> Column[Decimal]:
    """Whole units of an asset's smallest part."""
    return Column(name, Numeric(38, 0), nullable=nullable)


def at(name: str, *, nullable: bool = False) -> Column[object]:
    """An instant."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def approved(name: str) -> tuple[Column[object], ...]:
    """The approval that it stands on, who has asked for it, and who has granted it."""
    return Column(name, Uuid, unique=True), Column("asked_by", Uuid), Column("approved_by", Uuid)
