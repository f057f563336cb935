"""API keys: made, listed with their last use, revoked at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from capitalino.kit.auth.principals import Principal, Scope
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.activities import Act
from capitalino.services.auth.domain.api_keys import KEYS_MAX, ApiKey, clean_networks, must_expire
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.errors import ApiKeyNotGood, ApiKeysFull, ApiKeyUnknown
from capitalino.services.auth.service.activities import Activities
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.service.passes import Passes
from capitalino.services.auth.service.standings import Standings
from capitalino.services.auth.store import api_keys

log = structlog.get_logger()
SHOWN = timedelta(days=30)
"""How long a key that is over is still listed."""


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a key is to be. With a public key, the private one was made elsewhere, and stays there."""

    name: str
    scopes: frozenset[Scope]
    networks: tuple[str, ...]
    expires_at: datetime
    public_key: bytes | None


@dataclass(frozen=True, slots=True)
class ApiKeyView:
    """A key as its owner sees it."""

    key: ApiKey
    used_from: str


class ApiKeys:
    """What is stored of a key is its public half, which recognises what the key has signed."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        seals: Seals,
        activities: Activities,
        standings: Standings,
        epochs: Epochs,
        passes: Passes,
    ) -> None:
        self._db, self._clock, self._seals = db, clock, seals
        self._activities, self._standings = activities, standings
        self._epochs, self._passes = epochs, passes

    async def make(self, principal: Principal, wish: KeyWish, caller: Caller) -> tuple[ApiKey, bytes | None]:
        """A new key; and its private half, this once, unless that was made elsewhere."""
        now = self._clock.now()
        must_expire(wish.expires_at, now)
        networks = clean_networks(wish.networks, wish.scopes)
        public_key, secret = _pair(wish.public_key)
        made = ApiKey(
            key_id=new_id(),
            user_id=principal.user_id,
            name=wish.name,
            public_key=public_key,
            scopes=wish.scopes,
            networks=networks,
            made_at=now,
            expires_at=wish.expires_at,
        )
        async with self._db.begin() as tx:
            login, _ = await self._standings.of(tx, principal)
            if await api_keys.count_live(tx, login.user_id, now) >= KEYS_MAX:
                raise ApiKeysFull("Revoke a key first.", keys_max=KEYS_MAX)
            if not await api_keys.add(tx, made):
                raise ApiKeyNotGood("This public key is in use already.", reason="public_key")
            await self._activities.note(tx, login, Act.API_KEY_MADE, caller, str(made.key_id))
        await self._passes.round()
        log.info("api_key.made", user_id=str(principal.user_id), key_id=str(made.key_id))
        return made, secret

    async def of(self, principal: Principal) -> list[ApiKeyView]:
        """The principal's keys, the newest first, with their last use."""
        since = self._clock.now() - SHOWN
        async with self._db.begin() as tx:
            found = await api_keys.of(tx, principal.user_id, since)
        await self._passes.collect([key.key_id for key in found])
        async with self._db.begin() as tx:
            return [self._view(key) for key in await api_keys.of(tx, principal.user_id, since)]

    async def revoke(self, principal: Principal, key_id: UUID, caller: Caller) -> None:
        """It is good for nothing any more, at once; ApiKeyUnknown for anybody else's."""
        async with self._db.begin() as tx:
            login, _ = await self._standings.of(tx, principal)
            if not await api_keys.exists(tx, login.user_id, key_id):
                raise ApiKeyUnknown("You have no such API key.")
            ended = await api_keys.revoke(tx, login.user_id, self._clock.now(), key_id)
            if ended:
                await self._activities.note(tx, login, Act.API_KEY_REVOKED, caller, str(key_id))
        await self._epochs.tell([key_id])

    def _view(self, key: ApiKey) -> ApiKeyView:
        sealed = key.used_from_sealed
        used_from = self._seals.open(sealed, "api_key", "used_from", key.key_id) if sealed else ""
        return ApiKeyView(key, used_from)


def _pair(given: bytes | None) -> tuple[bytes, bytes | None]:
    if given is None:
        made = Ed25519PrivateKey.generate()
        return made.public_key().public_bytes_raw(), made.private_bytes_raw()
    try:
        return Ed25519PublicKey.from_public_bytes(given).public_bytes_raw(), None
    except ValueError:
        raise ApiKeyNotGood("A public key of Ed25519 has 32 bytes.", reason="public_key") from None
