"""Access tokens checked from the public keys alone, and whether they still stand."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
import structlog
from fastapi import Request
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from capitalino.kit.auth import signatures
from capitalino.kit.auth.principals import (
    ALGORITHM,
    AUDIENCE,
    EPOCH,
    LEEWAY_S,
    READING,
    READY,
    REVOKED,
    WITHDRAWN,
    EpochUnknown,
    Principal,
)
from capitalino.kit.errors import Unauthenticated
from capitalino.kit.keys import PublicKeys

log = structlog.get_logger()
CLAIMS = ("exp", "iat", "sub", "aud", "sid", "epoch", "purpose")


class Identify:
    """Turns a bearer token, or the signature of an API key, into a Principal."""

    def __init__(self, keys: PublicKeys, cache: Valkey) -> None:
        self._keys, self._cache = keys, cache

    async def __call__(self, authorization: str | None, *, is_reading: bool) -> Principal:
        """Unauthenticated for any token that does not stand.

        Writing fails closed when the epochs cannot be read.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Sign in first.")
        claims, kid = await self._claims(token, AUDIENCE)
        principal = Principal(
            user_id=UUID(claims["sub"]),
            session_id=UUID(claims["sid"]),
            investor_id=UUID(claims["inv"]) if claims.get("inv") else None,
            roles=frozenset(claims.get("roles", ())),
            purpose=claims["purpose"],
            auth_time=_instant(claims.get("auth_time")),
            amr=frozenset(claims.get("amr", ())),
        )
        await self._still_stands(principal, int(claims["epoch"]), kid, is_reading=is_reading)
        return principal

    async def signed(self, request: Request) -> Principal:
        """The principal of an API key that has signed this very request, now and once."""
        shown = signatures.shown(request.headers.get("authorization", ""))
        stored = await signatures.stored_pass(self._cache, shown.key_id)
        claims, kid = await self._claims(stored, signatures.AUDIENCE)
        principal = Principal(
            user_id=UUID(claims["sub"]),
            session_id=shown.key_id,
            investor_id=UUID(claims["inv"]) if claims.get("inv") else None,
            roles=frozenset(claims["roles"]),
            purpose=claims["purpose"],
            scopes=frozenset(claims["scopes"]),
        )
        if claims["sid"] != str(shown.key_id):
            raise Unauthenticated("The pass is of another key.")
        address = await signatures.check(request, shown, claims)
        is_reading = request.method in READING
        await self._still_stands(principal, int(claims["epoch"]), kid, is_reading=is_reading)
        await signatures.use(self._cache, shown, address)
        return principal

    async def _claims(self, token: str, audience: str) -> tuple[dict[str, Any], str]:
        """What the token says, and the id of the key that signed it."""
        try:
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            key = await self._keys.find(kid)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=audience,
                leeway=LEEWAY_S,
                options={"require": list(CLAIMS)},
            )
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise Unauthenticated("The access token is not good.") from error
        return claims, kid

    async def _still_stands(self, principal: Principal, epoch: int, kid: str, *, is_reading: bool) -> None:
        names = [
            EPOCH.format(user_id=principal.user_id),
            REVOKED.format(session_id=principal.session_id),
            WITHDRAWN.format(kid=kid),
            READY,
        ]
        try:
            least, revoked, withdrawn, ready = await self._cache.mget(names)
        except (ValkeyError, OSError, TimeoutError) as error:
            log.warning("epochs.unreadable", error=type(error).__name__)
            least = revoked = withdrawn = ready = None
        if withdrawn is not None:
            raise Unauthenticated("The access token is not good.")
        if revoked is not None or (least is not None and epoch < int(least)):
            raise Unauthenticated("The session is over.")
        if ready is None and not is_reading:
            raise EpochUnknown("It cannot be told now whether the session still stands.")


def _instant(unix_s: Any) -> datetime | None:
    return None if unix_s is None else datetime.fromtimestamp(int(unix_s), UTC)
