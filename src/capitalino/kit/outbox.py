"""The relay: carries what a schema's transactions have told to JetStream, in one order that never changes.

The order is (xid, seq) below the oldest running transaction: nothing can ever commit before what was read.
The place in that order is the event's position, without gaps: a hearer sees when something is missing. This
is the one place that awaits the network with a transaction open: its lock keeps the other replicas off.
"""

import asyncio
from contextlib import suppress
from typing import Any

from nats.js.errors import NotFoundError
from sqlalchemy import text

from capitalino.kit.bus import STREAM, Bus
from capitalino.kit.clock import SYSTEM
from capitalino.kit.db import Database, Tx
from capitalino.kit.publish import Publisher, Render

__all__ = ["Relay", "Render"]
BATCH_MAX = 1000
IDLE_S = 1.0
SOON_S, SOON_MAX_S = 0.001, 0.1
REPLAY_MAX = 10_000
AGAIN_S = 5  # what several hearers ask for within this time is sent to all of them once

# Positions run with (xid, seq); a day of slack lets the partitions long past be skipped.
READ = """
select o.*, r.position as at from {schema}.outbox o, {schema}.relay r
 where (o.xid, o.seq) > (r.xid, r.seq) and o.xid < pg_snapshot_xmin(pg_current_snapshot())
   and o.written_at > r.written_at - interval '1 day'
 order by o.xid, o.seq limit :limit"""
WAITING = """
select exists (select from {schema}.outbox o, {schema}.relay r
 where (o.xid, o.seq) > (r.xid, r.seq) and o.written_at > r.written_at - interval '1 day')"""
START = """
select o.xid, o.seq from {schema}.outbox o, {schema}.relay r
 where (o.xid, o.seq) <= (r.xid, r.seq) order by o.xid desc, o.seq desc
 limit 1 offset (select greatest(position - :first, 0) from {schema}.relay)"""
AGAIN = """
select o.* from {schema}.outbox o, {schema}.relay r
 where (o.xid, o.seq) > (cast(:xid as text)::xid8, :seq) and (o.xid, o.seq) <= (r.xid, r.seq)
 order by o.xid, o.seq limit :limit"""
MOVE = """
update {schema}.relay
   set xid = cast(:xid as text)::xid8, seq = :seq, position = :position, written_at = :written_at"""


class Relay:
    """Publishes one schema's outbox."""

    def __init__(self, db: Database, bus: Bus, render: Render | None = None) -> None:
        self._db, self._bus = db, bus
        self._schema = db.schema.name
        self._publisher = Publisher(bus, self._schema, render)
        self._soon_s = SOON_S

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
            rows = (await tx.conn.execute(self._sql(READ), {"limit": BATCH_MAX})).all()
            if not rows:
                return 0
            at = await self._at(tx)
            await self._publisher.publish(tx, rows, at, again="")
            last = rows[-1]
            moved = {
                "xid": str(last.xid),
                "seq": last.seq,
                "position": at + len(rows),
                "written_at": last.written_at,
            }
            await tx.conn.execute(self._sql(MOVE), moved)
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
        async with self._db.read() as tx:
            if await self._at(tx) < first:
                return 0
            begin = (await tx.conn.execute(self._sql(START), {"first": first})).one()
        await self._bus.ensure_stream()
        again = f"again{int(SYSTEM.now().timestamp() / AGAIN_S)}"
        at, place = first - 1, {"xid": str(begin.xid), "seq": begin.seq - 1}
        while True:
            async with self._db.read() as tx:
                rows = (await tx.conn.execute(self._sql(AGAIN), {**place, "limit": BATCH_MAX})).all()
                await self._publisher.publish(tx, rows, at, again=again)
            at += len(rows)
            if len(rows) < BATCH_MAX:
                return at - first + 1
            place = {"xid": str(rows[-1].xid), "seq": rows[-1].seq}

    async def catch_up(self) -> int:
        """At start: what the stream has lost (a wiped store, a power failure) is published again."""
        async with self._db.read() as tx:
            at = await self._at(tx)
        if not at:
            return 0
        try:
            last = await self._bus.js.get_last_msg(STREAM, f"fact.{self._schema}.>", direct=False)
            seen = int((last.headers or {}).get("position", "0"))
        except NotFoundError:
            seen = max(at - REPLAY_MAX, 0)
        return await self.replay(seen + 1) if seen < at else 0

    async def _at(self, tx: Tx) -> int:
        return int((await tx.conn.execute(self._sql("select position from {schema}.relay"))).scalar_one())

    def _sql(self, statement: str) -> Any:
        return text(statement.format(schema=self._schema))
