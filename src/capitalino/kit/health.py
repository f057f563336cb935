"""Whether a process lives and whether it can serve: named checks, asked at once, each with a time limit."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import structlog
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from valkey.asyncio import Valkey

from capitalino.kit.auth import Public
from capitalino.kit.bus import Bus
from capitalino.kit.clock import SYSTEM, Clock
from capitalino.kit.db import Database
from capitalino.kit.errors import AppError, Kind
from capitalino.kit.http import Success, ok

log = structlog.get_logger()
WITHIN_S = 1.0
KEEP_S = 0.5
"""For so long an answer is given again: anybody may ask, and nobody shall load the database by asking."""


class NotReady(AppError):
    """Something that this process needs does not answer. `details.parts` says what."""

    code = "service_unavailable"
    kind = Kind.UNAVAILABLE


class Check(Protocol):
    """Looks at one thing that is needed."""

    async def __call__(self) -> None:
        """Return when it is well, raise when not."""
        ...


class PartOut(BaseModel):
    """One thing that is needed. `error` is a kind of error, never a text that could tell addresses."""

    is_ready: bool
    took_ms: float
    error: str | None = None


class LiveOut(BaseModel):
    """The process answers."""

    state: str


class ReadyOut(BaseModel):
    """All parts are ready."""

    state: str
    parts: dict[str, PartOut]


class Health:
    """What the process needs, by name."""

    def __init__(self, checks: Mapping[str, Check], *, clock: Clock = SYSTEM) -> None:
        self._checks, self._clock = dict(checks), clock
        self._parts: dict[str, PartOut] = {}
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()
        self.is_stopping = False
        """Set when a stop begins, so that no new requests come while the last ones are answered."""

    async def parts(self) -> dict[str, PartOut]:
        """The state of each."""
        async with self._looking:
            return await self._recent()

    async def _recent(self) -> dict[str, PartOut]:
        if self._clock.monotonic() - self._looked_at >= KEEP_S:
            found = await asyncio.gather(*(self._look(name) for name in self._checks))
            self._parts = dict(zip(self._checks, found, strict=True))
            self._looked_at = self._clock.monotonic()
        return self._parts

    async def _look(self, name: str) -> PartOut:
        begun, error = self._clock.monotonic(), None
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._checks[name]()
        except Exception as raised:
            error = type(raised).__name__
            log.warning("health.not_ready", part=name, exc_info=raised)
        took_ms = round((self._clock.monotonic() - begun) * 1000, 1)
        return PartOut(is_ready=error is None, took_ms=took_ms, error=error)


def routes(health: Health) -> APIRouter:
    """/livez: restart me when this fails. /readyz: send me no requests while this fails."""
    router = APIRouter(tags=["health"])

    @router.get("/livez", dependencies=[Public])
    async def live() -> Success[LiveOut]:
        """Tell whether the process answers at all; asks nobody else."""
        return ok(LiveOut(state="live"))

    @router.get("/readyz", dependencies=[Public])
    async def ready() -> Success[ReadyOut]:
        """Tell whether everything that is needed answers."""
        if health.is_stopping:
            raise NotReady("The process is stopping.", parts={})
        parts = await health.parts()
        if not all(part.is_ready for part in parts.values()):
            raise NotReady("Not ready.", parts={name: part.model_dump() for name, part in parts.items()})
        return ok(ReadyOut(state="ready", parts=parts))

    return router


def database_answers(db: Database) -> Check:
    """The database does a statement."""

    async def check() -> None:
        async with db.read() as tx:
            await tx.conn.execute(text("select 1"))

    return check


def cache_answers(cache: Valkey) -> Check:
    """Valkey answers a ping."""

    async def check() -> None:
        await cache.ping()

    return check


def bus_answers(bus: Bus) -> Check:
    """NATS answers a ping."""

    async def check() -> None:
        await bus.nc.flush()

    return check
