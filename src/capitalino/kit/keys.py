"""The public keys of access tokens, read from auth's JWKS and kept for a while."""

import asyncio
import time
from typing import Any

import httpx
import jwt
import structlog

from capitalino.kit.errors import AppError, Kind

log = structlog.get_logger()
KEEP_S = 300.0
ASK_AGAIN_S = 2.0
TIMEOUT_S = 2.0


class KeysUnavailable(AppError):
    """The keys cannot be read now: no token can be checked."""

    code = "auth_unavailable"
    kind = Kind.UNAVAILABLE


class PublicKeys:
    """Finds a key by its id. Only who brings an unknown one waits for auth, and all such wait together."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, Any] = {}
        self._read_at = self._asked_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._is_answered = False
        """Whether auth answered when it was asked last."""

    async def find(self, key_id: str) -> Any:
        """The key; KeyError when there is none of that id, KeysUnavailable when auth does not answer."""
        if key_id in self._keys:
            if time.monotonic() - self._read_at > KEEP_S:
                self._ask()  # in the background: a known key works on, however long auth takes or is away
            return self._keys[key_id]
        if reading := self._ask():
            await asyncio.shield(reading)
        if key_id not in self._keys and not self._is_answered:
            raise KeysUnavailable("Access tokens cannot be checked now.")
        return self._keys[key_id]

    def _ask(self) -> asyncio.Task[None] | None:
        """The reading under way, or a new one unless the last ended a moment ago."""
        if self._reading is not None and not self._reading.done():
            return self._reading
        if time.monotonic() - self._asked_at <= ASK_AGAIN_S:
            return None
        self._reading = asyncio.create_task(self._read(), name="keys")
        return self._reading

    async def _read(self) -> None:
        self._is_answered = False
        try:
            # Never through a proxy that the environment names: it could hand us keys of its own.
            async with asyncio.timeout(TIMEOUT_S), httpx.AsyncClient(trust_env=False) as web:
                answer = (await web.get(self._url)).raise_for_status().json()
            self._keys = {one["kid"]: jwt.PyJWK(one).key for one in answer["keys"]}
            self._read_at = time.monotonic()
            self._is_answered = True
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            log.warning("keys.unreadable", error=type(error).__name__)
        finally:
            self._asked_at = time.monotonic()
