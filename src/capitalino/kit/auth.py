"""Who is asking: access tokens checked from the public keys alone, and the check that every route carries."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import jwt
import structlog
from fastapi import Depends, Request
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from capitalino.kit.errors import AppError, Forbidden, Kind, Unauthenticated
from capitalino.kit.keys import PublicKeys

log = structlog.get_logger()
AUDIENCE = "capitalino"
ALGORITHM = "ES256"
LEEWAY_S = 5
READING = frozenset({"GET", "HEAD", "OPTIONS"})
STAFF = frozenset({"support", "operator", "compliance", "treasurer", "auditor", "admin"})
EPOCH = "epoch:{user_id}"
"""Valkey: tokens of a login with a smaller epoch are dead. Written by auth, read by all."""
REVOKED = "revoked:{session_id}"
"""Valkey: the session is over. Written by auth, read by all."""
READY = "epochs:ready"
"""Valkey: auth has filled in the epochs since the cache was last empty."""
SHARED_KEYS = ("epoch:*", "revoked:*", READY)


class EpochUnknown(AppError):
    """Whether the token still stands cannot be told now, and this request must not go on without."""

    code = "auth_unavailable"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. `purpose` is `access`, or `setup` while the second factor is still missing."""

    user_id: UUID
    session_id: UUID
    investor_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    purpose: str = "access"

    @property
    def investor(self) -> UUID:
        """The investor that this login acts for; Forbidden when there is none."""
        if self.investor_id is None:
            raise Forbidden("This login acts for no investor.")
        return self.investor_id


class Identify:
    """Turns a bearer token into a Principal."""

    def __init__(self, keys: PublicKeys, cache: Valkey) -> None:
        self._keys, self._cache = keys, cache

    async def __call__(self, authorization: str | None, *, is_reading: bool) -> Principal:
        """Unauthenticated for any token that does not stand.

        Writing fails closed when the epochs cannot be read.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Sign in first.")
        claims = await self._claims(token)
        principal = Principal(
            user_id=UUID(claims["sub"]),
            session_id=UUID(claims["sid"]),
            investor_id=UUID(claims["inv"]) if claims.get("inv") else None,
            roles=frozenset(claims.get("roles", ())),
            purpose=claims["purpose"],
        )
        await self._still_stands(principal, int(claims["epoch"]), is_reading=is_reading)
        return principal

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            key = await self._keys.find(jwt.get_unverified_header(token).get("kid", ""))
            required = ["exp", "iat", "sub", "aud", "sid", "epoch", "purpose"]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                leeway=LEEWAY_S,
                options={"require": required},
            )
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise Unauthenticated("The access token is not good.") from error
        return claims

    async def _still_stands(self, principal: Principal, epoch: int, *, is_reading: bool) -> None:
        names = [
            EPOCH.format(user_id=principal.user_id),
            REVOKED.format(session_id=principal.session_id),
            READY,
        ]
        try:
            least, revoked, ready = await self._cache.mget(names)
        except (ValkeyError, OSError, TimeoutError) as error:
            log.warning("epochs.unreadable", error=type(error).__name__)
            least = revoked = ready = None
        if revoked is not None or (least is not None and epoch < int(least)):
            raise Unauthenticated("The session is over.")
        if ready is None and not is_reading:
            raise EpochUnknown("It cannot be told now whether the session still stands.")


Check = Callable[[Principal], bool]


def _guard(check: Check, purpose: frozenset[str]) -> Callable[[Request], Awaitable[Principal]]:
    async def guard(request: Request) -> Principal:
        identify: Identify = request.state.identify
        principal = await identify(request.headers.get("authorization"), is_reading=request.method in READING)
        if principal.purpose not in purpose or not check(principal):
            raise Forbidden("This is not yours to do.")
        structlog.contextvars.bind_contextvars(principal=str(principal.user_id))
        return principal

    guard.is_guard = True  # type: ignore[attr-defined]
    return guard


def may(*roles: str) -> Any:
    """A route's check: one of these roles."""
    return Depends(_guard(lambda principal: bool(principal.roles & set(roles)), frozenset({"access"})))


async def public() -> None:
    """Marks a route that anybody may call."""


public.is_guard = True  # type: ignore[attr-defined]

Investor = Annotated[
    Principal, Depends(_guard(lambda principal: principal.investor_id is not None, frozenset({"access"})))
]
Staff = Annotated[
    Principal, Depends(_guard(lambda principal: bool(principal.roles & STAFF), frozenset({"access"})))
]
Somebody = Annotated[Principal, Depends(_guard(lambda _: True, frozenset({"access"})))]
SettingUp = Annotated[Principal, Depends(_guard(lambda _: True, frozenset({"access", "setup"})))]
Public = Depends(public)
