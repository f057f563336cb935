"""Documents that nobody sums, behind one small port: get, put with an optimistic version, list.

The port takes no transaction, because its store may be another server. What speaks of a person is sealed
before it comes here (`kit.crypto`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, Kind

NEW = 0
GET = """
select document_id, version, body from {schema}.document
 where collection = :collection and document_id = :document_id"""
MAKE = """
insert into {schema}.document (collection, document_id, version, body)
values (:collection, :document_id, 1, :body)
on conflict (collection, document_id) do nothing"""
CHANGE = """
update {schema}.document set version = version + 1, body = :body, written_at = now()
 where collection = :collection and document_id = :document_id and version = :expected"""
LIST = """
select document_id, version, body from {schema}.document
 where collection = :collection and document_id > :after order by document_id limit :limit"""
FIRST = UUID(int=0)


class DocumentChanged(AppError):
    """Somebody else has written it since it was read: read it again."""

    code = "document_changed"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Document:
    """One document. Its version grows by one with each change."""

    document_id: UUID
    version: int
    body: Mapping[str, Any]


class Documents(Protocol):
    """Where documents are kept."""

    async def get(self, collection: str, document_id: UUID) -> Document | None:
        """One document, or None."""
        ...

    async def put(
        self, collection: str, document_id: UUID, body: Mapping[str, Any], *, expected: int = NEW
    ) -> Document:
        """Write over version `expected`, or make it new; DocumentChanged when that is not what is there."""
        ...

    async def list(
        self, collection: str, *, after: UUID | None = None, limit: int = 100
    ) -> Sequence[Document]:
        """Documents by their ids, beginning behind `after`."""
        ...


class PostgresDocuments:
    """Documents in the table `document` of the service. Not read from a replica, which may be behind."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, collection: str, document_id: UUID) -> Document | None:
        """One document, or None."""
        values = {"collection": collection, "document_id": document_id}
        async with self._db.begin() as tx:
            row = (await tx.conn.execute(self._statement(GET), values)).one_or_none()
        return Document(*row) if row else None

    async def put(
        self, collection: str, document_id: UUID, body: Mapping[str, Any], *, expected: int = NEW
    ) -> Document:
        """Write over version `expected`, or make it new; DocumentChanged when that is not what is there."""
        values = {"collection": collection, "document_id": document_id, "body": dict(body)}
        if expected != NEW:
            values["expected"] = expected
        written = self._statement(MAKE if expected == NEW else CHANGE).bindparams(
            bindparam("body", type_=JSONB)
        )
        async with self._db.begin() as tx:
            done = await tx.conn.execute(written, values)
        if done.rowcount != 1:
            raise DocumentChanged("The document has been changed meanwhile.", expected=expected)
        return Document(document_id, expected + 1, body)

    async def list(
        self, collection: str, *, after: UUID | None = None, limit: int = 100
    ) -> Sequence[Document]:
        """Documents by their ids, beginning behind `after`."""
        values = {"collection": collection, "after": after or FIRST, "limit": limit}
        async with self._db.begin() as tx:
            return [Document(*row) for row in await tx.conn.execute(self._statement(LIST), values)]

    def _statement(self, sql: str) -> Any:
        return text(sql.format(schema=self._db.schema.name))
