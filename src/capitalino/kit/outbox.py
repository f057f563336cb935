"""The relay: carries what a schema's transactions have told to JetStream, in one order that never changes.

The order is (xid, seq) below the oldest running transaction: nothing can ever commit before what was read.
The place in that order is the event's position, without gaps: a hearer sees when something is missing. This
is the one place that awaits the network with a transaction open: its lock keeps the other replicas off.
"""

import asyncio
import math
import time
from contextlib import suppress

import asyncpg
from nats.js.errors import NotFoundError

from capitalino.kit.bus import STREAM, Bus
from capitalino.kit.db import Database
from capitalino.kit.publish import FLOW, Publisher

BATCH_MAX = FLOW
IDLE_S = 1.0
PACE_S = 0.02  # rounds are so far apart while more keeps coming: a round costs as much as dozens of events
SOON_S, SOON_MAX_S = 0.001, 0.1
REPLAY_MAX = 10_000
AGAIN_S = 5.0  # what several hearers ask for within this time is told to all of them once
NOTHING = 0, 0.0  # told again: from which position on, and until when it need not be told once more

COLUMNS = """
o.event_id::text, o.subject, o.book, o.key, o.trace, o.causation, o.written_at, o.payload::text,
o.xid::text, o.seq"""
# A statement of its own: what the holder before has moved is seen by the next one only.
LOCK = "select pg_try_advisory_xact_lock(hashtextextended('{schema}.relay', 0))"
# Positions run with (xid, seq); a day of slack lets the partitions long past be skipped.
NEW = """
with at as materialized (
    select xid, seq, position, written_at - interval '1 day' as since from {schema}.relay)
select {columns}, (select position from at) as position
  from {schema}.outbox o
 where (o.xid, o.seq) > ((select xid from at), (select seq from at)) and o.written_at > (select since from at)
   and o.xid < pg_snapshot_xmin(pg_current_snapshot())
 order by o.xid, o.seq limit {limit}"""
# Not waited for until it is on disk: what a crash makes of it is told again, under the same positions.
MOVE = """
with later as materialized (select set_config('synchronous_commit', 'off', true))
update {schema}.relay set xid = $1::text::xid8, seq = $2, written_at = $3, position = $4
 where exists (select from later)"""
AT = "select xid::text, seq, position from {schema}.relay"
TOLD = """
select {columns} from {schema}.outbox o
 where (o.xid, o.seq) > ($1::text::xid8, $2::bigint) and (o.xid, o.seq) <= ($3::text::xid8, $4::bigint)
 order by o.xid, o.seq limit {limit}"""
WAITING = """
select exists (select from {schema}.outbox o, {schema}.relay r
 where (o.xid, o.seq) > (r.xid, r.seq) and o.written_at > r.written_at - interval '1 day')"""
START = """
select o.xid::text, o.seq from {schema}.outbox o
 where (o.xid, o.seq) <= ($1::text::xid8, $2::bigint)
 order by o.xid desc, o.seq desc limit 1 offset $3"""


class Relay:
    """Publishes one schema's outbox."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db, self._bus = db, bus
        self._schema = db.schema.name
        self._publisher = Publisher(bus, self._schema)
        self._lock, self._new, self._move = self._sql(LOCK), self._sql(NEW), self._sql(MOVE)
        self._soon_s = SOON_S
        self._told_again = NOTHING

    async def round(self) -> None:
        """Publish what is new, then wait until this process commits an event, or a second."""
        begun = time.monotonic()
        self._db.emitted.clear()
        while await self.publish_batch() == BATCH_MAX:
            pass
        if self._db.emitted.is_set():  # more was committed meanwhile
            await asyncio.sleep(begun + PACE_S - time.monotonic())
            return
        rest_s = await self._rest_s()
        with suppress(TimeoutError):
            async with asyncio.timeout(rest_s):  # Python 3.11's `wait_for` may swallow a cancellation
                await self._db.emitted.wait()

    async def publish_batch(self) -> int:
        """Publish one batch; its size. 0 also when another replica is at it."""
        async with self._db.driver() as connection:
            if not await connection.fetchval(self._lock):
                return 0
            if rows := await connection.fetch(self._new):
                *_, written_at, _, xid, seq, position = rows[-1]
                await self._publisher.publish(rows, position)
                await connection.execute(self._move, xid, seq, written_at, position + len(rows))
        return len(rows)

    async def _rest_s(self) -> float:
        """How long to wait. What a running transaction of any service holds up comes soon, unannounced."""
        async with self._db.driver() as connection:
            held_up = await connection.fetchval(self._sql(WAITING))
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
        async with self._db.driver() as connection:
            to = await connection.fetchrow(self._sql(AT))
            if to["position"] < first:
                return 0
            begin = await connection.fetchrow(self._sql(START), to["xid"], to["seq"], to["position"] - first)
        await self._bus.ensure_stream()
        at, place = first - 1, (begin["xid"], begin["seq"] - 1)
        while rows := await self._told(place, (to["xid"], to["seq"])):
            await self._publisher.publish(rows, at)
            at, place = at + len(rows), (rows[-1]["xid"], rows[-1]["seq"])
        return at - first + 1

    async def _told(self, place: tuple[str, int], to: tuple[str, int]) -> list[asyncpg.Record]:
        async with self._db.driver() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(self._sql(TOLD), *place, *to)
        return rows

    async def catch_up(self) -> int:
        """At start: what the stream has lost (a wiped store, a power failure) is published again."""
        async with self._db.driver() as connection:
            position = (await connection.fetchrow(self._sql(AT)))["position"]
        if not position:
            return 0
        try:
            last = await self._bus.js.get_last_msg(STREAM, f"fact.{self._schema}.>", direct=False)
            seen = int((last.headers or {}).get("position", "0"))
        except NotFoundError:
            seen = max(position - REPLAY_MAX, 0)
        return await self.replay(seen + 1) if seen < position else 0

    def _sql(self, statement: str) -> str:
        return statement.format(schema=self._schema, columns=COLUMNS, limit=BATCH_MAX)
