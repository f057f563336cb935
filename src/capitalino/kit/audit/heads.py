"""Signed heads of a service's audit log: from them on, no row before can be changed or taken out unseen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from sqlalchemy import TextClause, text

from capitalino.kit import audit
from capitalino.kit.audit import ChainBroken, Head
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, Tx
from capitalino.kit.signing import Signer

log = structlog.get_logger()
EVERY_S = 60.0
LAST = "select coalesce(max(seq), 0) from {schema}.audit_head"
KEEP = "select {schema}.audit_keep_head(:seq, :hash, :at, :key, :signature)"
KEPT = """
select seq, hash, signed_at, key_id, signature from {schema}.audit_head where seq > :after order by seq"""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The last row of a service's log at a time, signed."""

    service: str
    seq: int
    hash: bytes
    signed_at: datetime
    key_id: str
    signature: bytes = b""

    @property
    def message(self) -> bytes:
        """What is signed: each part on a line of its own."""
        at = self.signed_at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"capitalino.audit.head.1\n{self.service}\n{self.seq}\n{self.hash.hex()}\n{at}\n".encode()


@dataclass(frozen=True, slots=True)
class Proved:
    """What was walked through without finding anything."""

    rows: int
    heads: int


class Heads:
    """Signs the log of one service, and proves it against what was signed."""

    def __init__(self, db: Database, signer: Signer, clock: Clock) -> None:
        self._db, self._signer, self._clock = db, signer, clock
        self._service = db.schema.name

    async def sign(self) -> SignedHead | None:
        """Sign the end of the log, if it has grown. It is logged too: where logs go, nobody reaches both."""
        async with self._db.begin() as tx:
            end = await audit.head(tx)
            if end.seq <= int((await tx.conn.execute(self._sql(LAST))).scalar_one()):
                return None
            made = SignedHead(self._service, end.seq, end.hash, self._clock.now(), self._signer.key_id)
            made = replace(made, signature=self._signer.sign(made.message))
            values = {"seq": made.seq, "hash": made.hash, "at": made.signed_at}
            values |= {"key": made.key_id, "signature": made.signature}
            if not (await tx.conn.execute(self._sql(KEEP), values)).scalar_one():
                return None
        log.info("audit.head_signed", seq=made.seq, hash=made.hash.hex(), signature=made.signature.hex())
        return made

    async def kept(self, after: int = 0) -> list[SignedHead]:
        """The heads of later rows, oldest first."""
        async with self._db.begin() as tx:
            return await self._kept(tx, after)

    async def prove(self, outside: Sequence[SignedHead], tell: Callable[[str], None]) -> Proved:
        """Walk the whole log, and hold it against all heads, those from `outside` too; else ChainBroken."""
        async with self._db.begin() as tx:
            await tx.conn.execute(text("set local statement_timeout = 0"))
            heads = [*await self._kept(tx, 0), *(one for one in outside if one.service == self._service)]
            for one in heads:
                if not self._signer.has_signed(one.key_id, one.message, one.signature):
                    raise ChainBroken(one.seq, "its head is not signed with a key of ours")
            known = [Head(one.seq, one.hash) for one in heads]
            end = await audit.verify(tx, known=known, tell=lambda seq: tell(f"{self._service}: row {seq:,}"))
        return Proved(end.seq, len(heads))

    async def about(self, subject: str, limit: int) -> Sequence[audit.Record]:
        """What was done to `subject`, or by it, the newest first."""
        async with self._db.begin() as tx:
            return await audit.about(tx, subject, limit)

    async def _kept(self, tx: Tx, after: int) -> list[SignedHead]:
        rows = await tx.conn.execute(self._sql(KEPT), {"after": after})
        return [SignedHead(self._service, *row) for row in rows]

    def _sql(self, statement: str) -> TextClause:
        return text(statement.format(schema=self._service))
