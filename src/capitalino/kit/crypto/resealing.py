"""Sealing data keys again after the key-encryption key was changed, so that the old one can be dropped."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Column, bindparam, func, select, update
from sqlalchemy.sql import ColumnElement

from capitalino.kit.crypto import KeyRing, place_of
from capitalino.kit.db import Database

log = structlog.get_logger()
BATCH_MAX = 200
Again = Callable[[bytes, str], bytes]
"""What is stored and its place, to what is stored instead."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column that holds data keys. `row` and `place` are what it was sealed for; they begin at `offset`."""

    column: Column[Any]
    row: Column[Any]
    place: tuple[str, str]
    offset: int = 0


class Resealing:
    """Batch by batch, each in its own transaction: a process that dies goes on where it was."""

    def __init__(self, db: Database, ring: KeyRing, columns: Sequence[Sealed], again: Again) -> None:
        self._db, self._ring, self._columns, self._again = db, ring, columns, again

    @property
    def key_ids(self) -> list[str]:
        """The keys of the setting, the present one first."""
        return self._ring.key_ids

    async def round(self) -> int:
        """Seal again what an older key has sealed; how many values. Nothing while there is no older key."""
        count = 0
        if self._ring.has_older:
            for one in self._columns:
                while done := await self._batch(one):
                    count += done
        if count:
            log.info("values.resealed", values=count)
        return count

    async def counted(self) -> Counter[str]:
        """How many values each key seals, by its id."""
        found: Counter[str] = Counter()
        for one in self._columns:
            size = func.get_byte(one.column, one.offset + 1)
            key_id = func.convert_from(func.substring(one.column, one.offset + 3, size), "UTF8")
            query = select(key_id, func.count()).where(one.column.is_not(None)).group_by(key_id)
            async with self._db.read() as tx:
                found.update({row[0]: row[1] for row in await tx.conn.execute(query)})
        return found

    async def _batch(self, one: Sealed) -> int:
        query = select(one.row.label("row"), one.column.label("stored")).where(self._is_old(one))
        async with self._db.begin() as tx:
            rows = (await tx.conn.execute(query.limit(BATCH_MAX).with_for_update(skip_locked=True))).all()
            if rows:
                same = (one.row == bindparam("its")) & (one.column == bindparam("old"))
                change = update(one.column.table).where(same).values({one.column: bindparam("new")})
                await tx.conn.execute(change, [self._change(one, row.row, row.stored) for row in rows])
        return len(rows)

    def _change(self, one: Sealed, row: object, stored: bytes) -> dict[str, Any]:
        return {"its": row, "old": stored, "new": self._again(stored, place_of(*one.place, row))}

    def _is_old(self, one: Sealed) -> ColumnElement[bool]:
        head = self._ring.head
        return func.substring(one.column, one.offset + 1, len(head)) != head
