"""The tables that every service's schema has: outbox, relay, inbox, parked and lease. Made by `kit/sql`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    FetchedValue,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
)
from sqlalchemy.types import UserDefinedType


class Xid8(UserDefinedType[int]):
    """A transaction's number, 64 bits, never reused."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """As PostgreSQL names it."""
        return "xid8"


class JsonText(UserDefinedType[str]):
    """JSON that is written as it is and read as it was: `cast(..., String)` gives the text back."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """As PostgreSQL names it: `json` keeps the text, `jsonb` would not."""
        return "json"


class KitTables:
    """The kit's tables in one schema. Kept apart from the service's own, which Alembic looks after."""

    def __init__(self, schema: str) -> None:
        self.metadata = MetaData(schema=schema)
        self.outbox = Table(
            "outbox",
            self.metadata,
            Column("seq", BigInteger, FetchedValue()),
            Column("xid", Xid8, FetchedValue()),
            Column("written_at", DateTime(timezone=True), FetchedValue()),
            Column("event_id", Uuid, nullable=False),
            Column("subject", String, nullable=False),
            Column("book", String, nullable=False),
            Column("key", String, nullable=False),
            Column("version", BigInteger, nullable=False),
            Column("payload", JsonText, nullable=False),
            Column("trace", String),
            Column("causation", String),
        )
        self.relay = Table(
            "relay",
            self.metadata,
            Column("only", Boolean, primary_key=True),
            Column("xid", Xid8, nullable=False),
            Column("seq", BigInteger, nullable=False),
            Column("position", BigInteger, nullable=False),
            Column("written_at", DateTime(timezone=True), nullable=False),
        )
        self.inbox = Table(
            "inbox",
            self.metadata,
            Column("source", String, primary_key=True),
            Column("position", BigInteger, nullable=False),
            Column("handled_at", DateTime(timezone=True), FetchedValue()),
        )
        self.parked = _parked(self.metadata)
        self.lease = Table(
            "lease",
            self.metadata,
            Column("name", String, primary_key=True),
            Column("holder", Uuid, nullable=False),
            Column("fence", BigInteger, nullable=False),
            Column("until", DateTime(timezone=True), nullable=False),
        )


def _parked(metadata: MetaData) -> Table:
    return Table(
        "parked",
        metadata,
        Column("source", String, primary_key=True),
        Column("position", BigInteger, primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("subject", String, nullable=False),
        Column("payload", JsonText, nullable=False),
        Column("error", String, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("parked_at", DateTime(timezone=True), FetchedValue()),
    )
