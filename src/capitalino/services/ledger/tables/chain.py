"""The chain: sealed blocks and signed checkpoints."""

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, LargeBinary, Table, Text, Uuid

from capitalino.services.ledger.tables.columns import AT, schema

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
