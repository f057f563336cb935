"""The relay: carries what a schema's transactions have told to JetStream, in one order that never changes.

The order is (xid, seq) below the oldest running transaction: nothing can ever commit before what was read.
The place in that order is the event's position, without gaps: a hearer sees when something is missing. This
is the one place that awaits the network with a transaction open: its lock keeps the other replicas off.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from nats.js.errors import NotFoundError
from sqlalchemy import Row, text

from capitalino.kit.bus import STREAM, Bus
from capitalino.kit.db import Database, Tx
from capitalino.kit.publish import FLOW, Publisher

BATCH_MAX = FLOW
IDLE_S = 1.0
SOON_S, SOON_MAX_S = 0.001, 0.1
REPLAY_MAX = 10_000
AGAIN_S = 5.0  # what several hearers ask for within this time is told to all of them once
NOTHING = 0, 0.0  # told again: from which position on, and until when it need not be told once more

AT = "select xid, seq, position, written_at from {schema}.relay"
ROWS = """
select o.event_id::text, o.subject, o.book, o.key, o.trace, o.causation, o.written_at,
       o.payload::text as payload, o.xid, o.seq
  from {schema}.outbox o
 where (o.xid, o.seq) > (cast(:xid as text)::xid8, :seq) and {upto}
 order by o.xid, o.seq limit {limit}"""
# Positions run with (xid, seq); a day of slack lets the partitions long past be skipped.
NEW = "o.xid < pg_snapshot_xmin(pg_current_snapshot()) and o.written_at > :since"
TOLD = "(o.xid, o.seq) <= (cast(:to_xid as text)::xid8, :to_seq)"
WAITING = """
select exists (select from {schema}.outbox o, {schema}.relay r
 where (o.xid, o.seq) > (r.xid, r.seq) and o.written_at > r.written_at - interval '1 day')"""
START = """
select o.xid, o.seq from {schema}.outbox o
 where (o.xid, o.seq) <= (cast(:xid as text)::xid8, :seq)
 order by o.xid desc, o.seq desc limit 1 offset :behind"""
MOVE = """
update {schema}.relay
   set xid = cast(:xid as text)::xid8, seq = :seq, position = :position, written_at = :written_at"""


class Relay:
    """Publishes one schema's outbox."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db, self._bus = db, bus
        self._schema = db.schema.name
        self._publisher = Publisher(bus, self._schema)
        self._soon_s = SOON_S
        self._told_again = NOTHING

    async def round(self) -> None:
        """Publish what is new, then wait until this process commits an event, or a second."""
        self._db.emitted.clear()
        while await self.publish_batch() == BATCH_MAX:
            pass
        if self._db.emitted.is_set():
            return  # more was committed meanwhile: the next round begins at once
        rest_s = await self._rest_s()
        with suppress(TimeoutError):
            async with asyncio.timeout(rest_s):  # Python 3.11's `wait_for` may swallow a cancellation
                await self._db.emitted.wait()

    async def publish_batch(self) -> int:
        """Publish one batch; its size. 0 also when another replica is at it."""
        async with self._db.begin() as tx:
            lock = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
            if not (await tx.conn.execute(lock, {"name": f"{self._schema}.relay"})).scalar():
                return 0
            at = await self._at(tx)
            since = at.written_at - timedelta(days=1)
            rows = await self._rows(tx, NEW, xid=str(at.xid), seq=at.seq, since=since)
            if not rows:
                return 0
            await self._publisher.publish(rows, at.position)
            last = rows[-1]
            moved = {"xid": str(last.xid), "seq": last.seq, "written_at": last.written_at}
            await tx.conn.execute(self._sql(MOVE), {**moved, "position": at.position + len(rows)})
        return len(rows)

    async def _rest_s(self) -> float:
        """How long to wait. What a running transaction of any service holds up comes soon, unannounced."""
        async with self._db.begin() as tx:
            held_up = (await tx.conn.execute(self._sql(WAITING))).scalar()
        self._soon_s = min(self._soon_s * 2, SOON_MAX_S) if held_up else SOON_S
        return self._soon_s if held_up else IDLE_S

    async def replay(self, first: int) -> int:
        """Publish again from position `first` on; how many. Hearers skip what they have."""
        first = max(first, 1)
        if self._told_again[0] <= first and time.monotonic() < self._told_again[1]:
            return 0
        self._told_again = first, math.inf
        try:
            count = await self._tell_again(first)
        except BaseException:
            self._told_again = NOTHING
            raise
        self._told_again = first, time.monotonic() + AGAIN_S if count else 0.0
        return count

    async def _tell_again(self, first: int) -> int:
        async with self._db.read() as tx:
            to = await self._at(tx)
            if to.position < first:
                return 0
            behind = {"xid": str(to.xid), "seq": to.seq, "behind": to.position - first}
            begin = (await tx.conn.execute(self._sql(START), behind)).one()
        await self._bus.ensure_stream()
        at, place = first - 1, {"xid": str(begin.xid), "seq": begin.seq - 1}
        while rows := await self._told(place, to):
            await self._publisher.publish(rows, at)
            at, place = at + len(rows), {"xid": str(rows[-1].xid), "seq": rows[-1].seq}
        return at - first + 1

    async def _told(self, place: dict[str, Any], to: Row[Any]) -> Sequence[Row[Any]]:
        async with self._db.read() as tx:
            return await self._rows(tx, TOLD, **place, to_xid=str(to.xid), to_seq=to.seq)

    async def catch_up(self) -> int:
        """At start: what the stream has lost (a wiped store, a power failure) is published again."""
        async with self._db.read() as tx:
            position = (await self._at(tx)).position
        if not position:
            return 0
        try:
            last = await self._bus.js.get_last_msg(STREAM, f"fact.{self._schema}.>", direct=False)
            seen = int((last.headers or {}).get("position", "0"))
        except NotFoundError:
            seen = max(position - REPLAY_MAX, 0)
        return await self.replay(seen + 1) if seen < position else 0

    async def _at(self, tx: Tx) -> Row[Any]:
        return (await tx.conn.execute(self._sql(AT))).one()

    async def _rows(self, tx: Tx, upto: str, **where: Any) -> Sequence[Row[Any]]:
        return (await tx.conn.execute(self._sql(ROWS, upto=upto, limit=BATCH_MAX), where)).all()

    def _sql(self, statement: str, **parts: object) -> Any:
        return text(statement.format(schema=self._schema, **parts))
