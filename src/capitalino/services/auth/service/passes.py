"""Telling every service what API keys may do: passes, signed by us, renewed before they end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from capitalino.kit.auth.principals import KEY_USED, PASS
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database, outside_transaction
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.api_keys import PASS_RENEWED, PASS_TTL
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.store import api_keys, logins

log = structlog.get_logger()
BATCH_MAX = 200
MARK = "auth:passes"
"""Valkey: all passes were written since it was last empty."""


class Passes:
    """A pass is worth nothing without the key, and dies with the epoch, by revocation, or within the hour."""

    def __init__(self, db: Database, cache: Valkey, clock: Clock, *, seals: Seals, issuing: Issuing) -> None:
        self._db, self._cache, self._clock = db, cache, clock
        self._seals, self._issuing = seals, issuing

    async def round(self) -> int:
        """Write the passes that are missing, old, or of an earlier epoch; how many."""
        written = 0
        try:
            if not await self._cache.exists(MARK):
                async with self._db.begin() as tx:
                    await api_keys.all_passes_are_gone(tx)
            while (batch := await self._write_some()) == BATCH_MAX:
                written += batch
            written += batch
            await self._cache.set(MARK, 1)
        except (ValkeyError, OSError, TimeoutError) as error:
            log.warning("passes.not_told", error=type(error).__name__)
        return written

    async def collect(self, key_ids: Sequence[UUID]) -> None:
        """Write down when keys were used last, as the services that saw them say."""
        if not key_ids:
            return
        outside_transaction()
        try:
            told = await self._cache.mget([KEY_USED.format(key_id=key_id) for key_id in key_ids])
        except (ValkeyError, OSError, TimeoutError) as error:
            log.warning("key_use.unreadable", error=type(error).__name__)
            return
        async with self._db.begin() as tx:
            for key_id, words in zip(key_ids, told, strict=True):
                if words:
                    unix_s, _, address = words.decode().partition(" ")
                    sealed = self._seals.seal(address, "api_key", "used_from", key_id)
                    await api_keys.was_used(tx, key_id, datetime.fromtimestamp(int(unix_s), UTC), sealed)

    async def _write_some(self) -> int:
        signer, now = await self._issuing.signer(), self._clock.now()
        passes = {}
        async with self._db.begin() as tx:
            for key in await api_keys.due(tx, now, now - PASS_RENEWED, BATCH_MAX):
                login = await logins.get(tx, key.user_id)
                if login is not None:
                    passes[key.key_id] = self._issuing.key_pass(signer, login, key)
        if not passes:
            return 0
        outside_transaction()
        async with self._cache.pipeline(transaction=False) as pipe:
            for key_id, text in passes.items():
                pipe.set(PASS.format(key_id=key_id), text, ex=PASS_TTL)
            await pipe.execute()
        async with self._db.begin() as tx:
            # As of when they were read: what changed since makes them due again.
            await api_keys.passed(tx, list(passes), now)
        await self.collect(list(passes))
        return len(passes)
