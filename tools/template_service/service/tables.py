"""The tables of example."""

from sqlalchemy import CheckConstraint, Column, DateTime, Index, String, Table, Uuid

from capitalino.kit.db import Schema

schema = Schema("example")
meta = schema.metadata

note = Table(
    "note",
    meta,
    Column("note_id", Uuid, primary_key=True),
    Column("investor_id", Uuid, nullable=False),
    Column("text", String, nullable=False),
    Column("kept_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("text <> ''", name="text"),
    Index("ix_note_investor_id_note_id", "investor_id", "note_id"),
)
