"""Telling every service which tokens are dead: in Valkey at once, and again and again from PostgreSQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from capitalino.kit.auth import EPOCH, READY, REVOKED, WITHDRAWN
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, outside_transaction
from capitalino.services.auth.store import api_keys, keys, logins, sessions

log = structlog.get_logger()
KEEP = timedelta(hours=1)
"""Far longer than any access token lasts: what is older kills nothing that is not dead."""


@dataclass(frozen=True, slots=True)
class Dead:
    """What is worth nothing any more: sessions and API keys, older epochs of logins, signing keys."""

    sessions: Iterable[UUID] = ()
    epochs: Mapping[UUID, int] = field(default_factory=dict)
    kids: Iterable[str] = ()


class Epochs:
    """Valkey may be emptied or lose its last words: a round of `refresh` says all that matters again."""

    def __init__(self, db: Database, cache: Valkey, clock: Clock) -> None:
        self._db, self._cache, self._clock = db, cache, clock

    async def tell(self, closed: Iterable[UUID] = (), epochs: Mapping[UUID, int] | None = None) -> None:
        """After the commit: sessions are over, epochs begun. If it fails, the next round says it."""
        closed, epochs = list(closed), epochs or {}
        if closed or epochs:
            await self._try_to_write(Dead(closed, epochs))

    async def tell_withdrawn(self, kids: Iterable[str]) -> None:
        """After the commit: what these keys have signed is worth nothing."""
        await self._try_to_write(Dead(kids=kids))

    async def refresh(self) -> None:
        """Everything that can still matter, and that it is everything."""
        since = self._clock.now() - KEEP
        async with self._db.begin() as tx:
            closed = await sessions.closed_since(tx, since)
            closed += await api_keys.revoked_since(tx, since)
            epochs = await logins.epochs_since(tx, since)
            kids = await keys.withdrawn(tx)
        await self._try_to_write(Dead(closed, epochs, kids), is_all=True)

    async def _try_to_write(self, dead: "Dead", *, is_all: bool = False) -> None:
        try:
            await self._write(dead, is_all=is_all)
        except (ValkeyError, OSError, TimeoutError) as error:
            log.warning("epochs.not_told", error=type(error).__name__)

    async def _write(self, dead: "Dead", *, is_all: bool) -> None:
        outside_transaction()
        # MULTI: the marker never stands without what it vouches for.
        async with self._cache.pipeline(transaction=True) as pipe:
            for session_id in dead.sessions:
                pipe.set(REVOKED.format(session_id=session_id), 1, ex=KEEP)
            for user_id, epoch in dead.epochs.items():
                pipe.set(EPOCH.format(user_id=user_id), epoch, ex=KEEP)
            for kid in dead.kids:
                pipe.set(WITHDRAWN.format(kid=kid), 1, ex=KEEP)
            if is_all:
                pipe.set(READY, 1)
            await pipe.execute()
