"""The keys that access tokens are signed with: made, published ahead, rotated and retired by themselves."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm

from capitalino.kit import audit
from capitalino.kit.auth import ALGORITHM
from capitalino.kit.clock import Clock
from capitalino.kit.db import Database
from capitalino.kit.ids import new_id
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.domain.signing import (
    OVERLAP,
    PUBLISH_AHEAD,
    SigningKey,
    Span,
    missing,
    signer,
)
from capitalino.services.auth.service.epochs import Epochs
from capitalino.services.auth.store import api_keys
from capitalino.services.auth.store import keys as store

log = structlog.get_logger()
KEEP_S = 2.0


@dataclass(frozen=True, slots=True)
class Signer:
    """A key in use."""

    kid: str
    private: Any

    def sign(self, claims: dict[str, Any]) -> str:
        """A signed token."""
        return jwt.encode(claims, self.private, ALGORITHM, {"kid": self.kid, "typ": "at+jwt"})


class Keys:
    """PostgreSQL has the keys, private halves sealed; a process keeps the opened one for a moment."""

    def __init__(
        self, db: Database, clock: Clock, *, seals: Seals, epochs: Epochs, sign_for: timedelta
    ) -> None:
        self._db, self._clock, self._seals, self._sign_for = db, clock, seals, sign_for
        self._epochs = epochs
        self._kept: tuple[Signer, SigningKey, float] | None = None
        self._reading = asyncio.Lock()

    async def signer(self) -> Signer:
        """The key that signs now; made if there is none yet."""
        async with self._reading:  # one asks the database, the others wait for what it finds
            found = self._fresh() or await self._read()
        if found is None:
            await self.rotate()
            return await self.signer()
        return found

    def _fresh(self) -> Signer | None:
        if self._kept:
            opened, key, read_at = self._kept
            if self._clock.monotonic() - read_at < KEEP_S and key.signs(self._clock.now()):
                return opened
        return None

    async def _read(self) -> Signer | None:
        async with self._db.begin() as tx:
            found = signer(await store.every(tx), self._clock.now())
        if found is None:
            return None
        plain = self._seals.open(found.private_sealed, "signing_key", "private", found.kid)
        opened = Signer(found.kid, load_pem_private_key(plain.encode(), None))
        self._kept = (opened, found, self._clock.monotonic())
        return opened

    async def document(self) -> dict[str, Any]:
        """The JWKS: every public key whose tokens may still be about, and those that will sign soon."""
        now = self._clock.now()
        async with self._db.read() as tx:
            return {"keys": [key.public_jwk for key in await store.every(tx) if key.is_shown(now)]}

    async def rotate(self) -> None:
        """Make the key that is missing, if one is; forget those that are over."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            await store.lock(tx)
            span = missing(await store.every(tx), now, self._sign_for)
            if span:
                await store.add(tx, self._made(span), now)
            await store.retire(tx, now - OVERLAP)
        if span:
            log.info("key.made", signs_from=span.signs_from.isoformat())

    async def rotate_soon(self, *, by: str) -> SigningKey:
        """A new key, shown from now on, that signs as soon as everybody has seen it. Nobody is signed out."""
        now = self._clock.now()
        begins = now + PUBLISH_AHEAD
        made = self._made(Span(begins, begins + self._sign_for))
        async with self._db.begin() as tx:
            await store.lock(tx)
            await store.end(tx, now, begins)
            await store.add(tx, made, now)
            await audit.record(tx, by, "auth.key_rotated", f"key:{made.kid}")
        log.info("key.rotated", signs_from=begins.isoformat(), by=by)
        return made

    async def replace_all(self, *, by: str) -> SigningKey:
        """A new key signs at once, and what the old ones have signed is worth nothing: they may be stolen.

        Sessions go on: each asks for a new access token with its refresh secret.
        """
        now = self._clock.now()
        made = self._made(Span(now, now + self._sign_for))
        async with self._db.begin() as tx:
            await store.lock(tx)
            gone = await store.withdraw(tx, now)
            await api_keys.all_passes_are_gone(tx)  # the old keys have signed them
            await store.add(tx, made, now)
            await audit.record(tx, by, "auth.keys_withdrawn", f"key:{made.kid}", {"withdrawn": gone})
        self._kept = None
        await self._epochs.tell_withdrawn(gone)
        log.warning("keys.withdrawn", count=len(gone), by=by)
        return made

    async def every(self) -> list[SigningKey]:
        """All that are kept, oldest first."""
        async with self._db.begin() as tx:
            return await store.every(tx)

    def _made(self, span: Span) -> SigningKey:
        kid = new_id().hex
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(private.public_key()))
        return SigningKey(
            kid=kid,
            public_jwk=public | {"kid": kid, "use": "sig", "alg": ALGORITHM},
            private_sealed=self._seals.seal(pem, "signing_key", "private", kid),
            signs_from=span.signs_from,
            signs_until=span.signs_until,
        )
