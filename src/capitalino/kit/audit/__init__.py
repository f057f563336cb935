"""The audit log: append-only rows in a chain of hashes, written in the transaction that they speak of."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from capitalino.kit.db import Tx

BATCH_MAX = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
APPEND = "select {schema}.audit_append(:who, :did, :what, :more)"
HEAD = "select seq, hash from {schema}.audit order by seq desc limit 1"
READ = """
select seq, at, principal, action, subject, details, prev_hash, hash
  from {schema}.audit where seq > :seq order by seq limit :limit"""
ABOUT = """
select seq, at, principal, action, subject, details, prev_hash, hash
  from {schema}.audit where subject = :subject or principal = :subject order by seq desc limit :limit"""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain. Signed and exported, it shows later that no row was taken from the end."""

    seq: int
    hash: bytes


START = Head(0, bytes(32))


@dataclass(frozen=True, slots=True)
class Record:
    """One row: who did what to what. `details` is JSON, of codes, ids and ciphertext."""

    seq: int
    at: datetime
    principal: str
    action: str
    subject: str
    details: str
    prev_hash: bytes
    hash: bytes

    def rehashed(self) -> bytes:
        """The hash that the row should have: over its parts, each with its length before it."""
        parts = (
            self.seq.to_bytes(8, "big", signed=True),
            ((self.at - EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True),
            *(part.encode() for part in (self.principal, self.action, self.subject, self.details)),
            self.prev_hash,
        )
        return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


class ChainBroken(Exception):
    """The log was tampered with, or lost rows. `seq` is the first row that is wrong or missing."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"audit row {seq}: {why}")
        self.seq, self.why = seq, why


async def record(
    tx: Tx, principal: str, action: str, subject: str, details: Mapping[str, Any] | None = None
) -> int:
    """Write down that `principal` did `action` (`payments.quote_overridden`) to `subject` (`quote:<id>`).

    Call it last: from here to the end of the transaction, others who write to this schema's log wait.
    """
    values = {
        "who": principal,
        "did": action,
        "what": subject,
        "more": json.dumps(details or {}, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }
    seq: int = (await tx.conn.execute(text(APPEND.format(schema=tx.schema.name)), values)).scalar_one()
    return seq


async def head(tx: Tx) -> Head:
    """Where the chain ends now."""
    row = (await tx.conn.execute(text(HEAD.format(schema=tx.schema.name)))).one_or_none()
    return Head(row.seq, row.hash) if row else START


async def about(tx: Tx, subject: str, limit: int = 100) -> Sequence[Record]:
    """What was done to `subject`, or by it, the newest first."""
    values = {"subject": subject, "limit": limit}
    return [Record(*row) for row in await tx.conn.execute(text(ABOUT.format(schema=tx.schema.name)), values)]


async def verify(
    tx: Tx, *, since: Head = START, known: Sequence[Head] = (), tell: Callable[[int], None] | None = None
) -> Head:
    """Walk the chain from `since` to its end, and return that. `known` are heads that it once had."""
    at, once = since, {head.seq: {one.hash for one in known if one.seq == head.seq} for head in known}
    query = text(READ.format(schema=tx.schema.name))
    while rows := (await tx.conn.execute(query, {"seq": at.seq, "limit": BATCH_MAX})).all():
        for row in rows:
            at = _next(at, Record(*row))
            if at.seq in once and once[at.seq] != {at.hash}:
                raise ChainBroken(at.seq, "it is not the row that was signed")
        if tell is not None:
            tell(at.seq)
    if max(once, default=0) > at.seq:
        raise ChainBroken(at.seq + 1, "it was signed and is gone")
    return at


def _next(before: Head, found: Record) -> Head:
    if found.seq != before.seq + 1:
        raise ChainBroken(before.seq + 1, "it is missing")
    if found.prev_hash != before.hash:
        raise ChainBroken(found.seq, "it does not follow the row before")
    if found.hash != found.rehashed():
        raise ChainBroken(found.seq, "it was changed")
    return Head(found.seq, found.hash)
