"""Idempotency keys: one object for each (principal, operation, key), claimed where it is made."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from capitalino.kit.db import Tx
from capitalino.kit.errors import AppError, Kind

CLAIM = """
insert into {schema}.idempotency (principal, operation, key, fingerprint, object_id)
values (:principal, :operation, :key, :fingerprint, :object_id)
on conflict (principal, operation, key) do nothing"""
FIND = """
select fingerprint, object_id from {schema}.idempotency
 where principal = :principal and operation = :operation and key = :key"""


class KeyReused(AppError):
    """The same key came with another body."""

    code = "idempotency_key_reused"
    kind = Kind.REJECTED


@dataclass(frozen=True, slots=True)
class Key:
    """What the client chose, and for what."""

    principal: UUID
    operation: str
    key: str
    body: Any

    @property
    def fingerprint(self) -> bytes:
        """The same for the same body, however its fields were ordered."""
        canonical = json.dumps(self.body, sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(canonical.encode()).digest()


async def find(tx: Tx, key: Key) -> UUID | None:
    """The object that the key stands for, or None. KeyReused for another body."""
    names = {"principal": key.principal, "operation": key.operation, "key": key.key}
    row = (await tx.conn.execute(text(FIND.format(schema=tx.schema.name)), names)).one_or_none()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise KeyReused("This idempotency key was used for another request.", key=key.key)
    found: UUID = row.object_id
    return found


async def claim(tx: Tx, key: Key, object_id: UUID) -> UUID:
    """Bind the key to a new object; the object that has it already, where somebody was faster."""
    values = {
        "principal": key.principal,
        "operation": key.operation,
        "key": key.key,
        "fingerprint": key.fingerprint,
        "object_id": object_id,
    }
    done = await tx.conn.execute(text(CLAIM.format(schema=tx.schema.name)), values)
    if done.rowcount == 1:
        return object_id
    found = await find(tx, key)
    assert found is not None, "a key that conflicts is there"
    return found
