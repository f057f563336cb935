"""Background work. A service says what one round is; only this file says `while True`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from capitalino.kit.db import Database
from capitalino.kit.ids import new_id

log = structlog.get_logger()
PAUSE_AFTER_ERROR_S = 1.0
LEASE_S = 4.0
RENEW_S = 1.0
CANCEL_AGAIN_S = 0.2
STOP_S = 0.5
"""So long before its end a lease counts as lost: the round has to be over when another one may begin."""

TAKE = """
insert into {schema}.lease as l (name, holder, fence, until)
values (:name, :holder, 1, now() + make_interval(secs => :ttl))
on conflict (name) do update
   set holder = excluded.holder, until = excluded.until,
       fence = l.fence + case when l.holder = excluded.holder then 0 else 1 end
 where l.until < now() or l.holder = excluded.holder
returning fence"""


@dataclass(frozen=True, slots=True)
class Loop:
    """`round` is called again and again, `every_s` seconds apart. With `lease`, by one replica at a time."""

    name: str
    every_s: float
    round: Callable[[], Awaitable[Any]]
    lease: bool = False


class Lease:
    """The right to be the only one, for a few seconds at a time. `fence` grows with every new holder."""

    def __init__(self, db: Database, name: str) -> None:
        self._db, self._name = db, name
        self._holder: UUID = new_id()
        self._taken_at = -LEASE_S
        self.fence = 0

    async def take(self) -> bool:
        """Take or renew it; False while another holds it. One just taken is not renewed yet."""
        now = time.monotonic()
        if self.fence and now - self._taken_at < RENEW_S:
            return True
        async with self._db.begin() as tx:
            values = {"name": self._name, "holder": self._holder, "ttl": LEASE_S}
            found = await tx.conn.execute(text(TAKE.format(schema=self._db.schema.name)), values)
            self.fence = found.scalar() or 0
        self._taken_at = now
        return self.fence > 0 and self.left_s > 0

    @property
    def left_s(self) -> float:
        """For how long we may count on it. From before we asked, so never later than the server's own end."""
        return self._taken_at + LEASE_S - STOP_S - time.monotonic()

    async def give_back(self) -> None:
        """Let the next one have it at once."""
        gone = text(
            f"update {self._db.schema.name}.lease set until = now() where name = :name and holder = :holder"  # noqa: S608 - the name is ours
        )
        async with self._db.begin() as tx:
            await tx.conn.execute(gone, {"name": self._name, "holder": self._holder})
        self.fence = 0


async def supervise(loop: Loop, db: Database | None) -> None:
    """Run rounds until cancelled. A failed round is logged and tried again; it never ends the loop."""
    lease = Lease(db, loop.name) if loop.lease and db else None
    while True:
        try:
            heed_cancellation()
            if lease is None:
                await loop.round()
            elif await lease.take():
                await _round_with(lease, loop)
            await asyncio.sleep(loop.every_s if lease is None or lease.fence else RENEW_S)
        except asyncio.CancelledError:
            if lease and lease.fence:
                with suppress(Exception):
                    await lease.give_back()
            raise
        except Exception:
            with suppress(Exception):  # the log itself may fail: a full disk, a pipe that nobody reads
                log.exception("loop.failed", loop=loop.name)
            await asyncio.sleep(PAUSE_AFTER_ERROR_S)


def heed_cancellation() -> None:
    """Raise a cancellation that a library has swallowed: nats-py does so when it flushes."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _round_with(lease: Lease, loop: Loop) -> None:
    """One round; it is stopped when the lease cannot be renewed, before another could have begun."""
    running = asyncio.ensure_future(loop.round())
    try:
        while not running.done():
            await asyncio.wait((running,), timeout=RENEW_S)
            if not running.done() and not await _renewed(lease):
                log.warning("lease.lost", loop=loop.name)
                return
        running.result()
    finally:
        await _ended(running)


async def _ended(running: asyncio.Future[Any]) -> None:
    """Cancel it until it is over: libraries swallow a cancellation now and then, and it would run on."""
    while not running.done():
        running.cancel()
        await asyncio.wait((running,), timeout=CANCEL_AGAIN_S)
    if not running.cancelled():
        running.exception()  # what it has raised was told, or nobody asks any more


async def _renewed(lease: Lease) -> bool:
    """Whether it is still ours. A server that does not say so while it lasts is not waited for any longer."""
    renewing = asyncio.ensure_future(lease.take())
    renewing.add_done_callback(
        lambda late: late.cancelled() or late.exception()
    )  # perhaps nobody asks any more
    try:
        await asyncio.wait((renewing,), timeout=max(lease.left_s, 0))
        return renewing.done() and renewing.result()
    finally:
        renewing.cancel()  # and not awaited: it may hang as long as the server does
