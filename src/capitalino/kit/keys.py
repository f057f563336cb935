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
    """Finds a key by its id. An unknown id is looked up again, but not more often than every two seconds."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, Any] = {}
        self._read_at = -KEEP_S
        self._lock = asyncio.Lock()

    async def find(self, key_id: str) -> Any:
        """The key; KeyError when there is none of that id, KeysUnavailable when auth does not answer."""
        age = time.monotonic() - self._read_at
        if age > KEEP_S or (key_id not in self._keys and age > ASK_AGAIN_S):
            async with self._lock:
                if time.monotonic() - self._read_at >= age:
                    await self._read(key_id)
        return self._keys[key_id]

    async def _read(self, key_id: str) -> None:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S) as web:
                answer = (await web.get(self._url)).raise_for_status().json()
            self._keys = {one["kid"]: jwt.PyJWK(one).key for one in answer["keys"]}
            self._read_at = time.monotonic()
        except (httpx.HTTPError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            log.warning("keys.unreadable", error=type(error).__name__)
            if key_id not in self._keys:  # a known key goes on working while auth is away
                raise KeysUnavailable("Access tokens cannot be checked now.") from error
