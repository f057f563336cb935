"""What analytics keeps: all of it follows from facts, and can be thrown away and filled again by replay."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, Numeric, String, Table, Uuid

from capitalino.kit.db import Schema

schema = Schema("analytics")
meta = schema.metadata


def _units(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Numeric(38, 0), nullable=nullable)


investor = Table(
    "investor",
    meta,
    Column("investor_id", Uuid, primary_key=True),
    Column("base_asset", String, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("version", BigInteger, nullable=False),
)
# What an investor has: the sum of all days.
position = Table(
    "position",
    meta,
    Column("investor_id", Uuid, primary_key=True),
    Column("asset", String, primary_key=True),
    _units("units"),
)
# What moved on a day, by the day on which it counts. `flowed`: what came from or went to the outside.
day_move = Table(
    "day_move",
    meta,
    Column("investor_id", Uuid, primary_key=True),
    Column("asset", String, primary_key=True),
    Column("day", Date, primary_key=True),
    _units("moved"),
    _units("flowed"),
)
close = Table(
    "close",
    meta,
    Column("base", String, primary_key=True),
    Column("quote", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("rate", Numeric, nullable=False),
    Column("version", BigInteger, nullable=False),
)
# The rows of the list of transactions. The ledger says when it counts, payments say what it was.
movement = Table(
    "movement",
    meta,
    Column("investor_id", Uuid, primary_key=True),
    Column("movement_id", Uuid, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("from_asset", String),
    _units("from_units", nullable=True),
    Column("to_asset", String),
    _units("to_units", nullable=True),
    Column("fee_asset", String),
    _units("fee_units", nullable=True),
    Column("is_booked", Boolean, nullable=False),
    Column("is_told", Boolean, nullable=False),
    Index("ix_movement_investor_id_at", "investor_id", "at", "movement_id"),
)
