"""Who is asking, and the names under which auth tells all services which tokens and keys are dead."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from capitalino.kit.errors import AppError, Forbidden, Kind

AUDIENCE = "capitalino"
ALGORITHM = "ES256"
LEEWAY_S = 5
READING = frozenset({"GET", "HEAD", "OPTIONS"})
STAFF = frozenset({"support", "operator", "compliance", "treasurer", "auditor", "admin"})
EPOCH = "epoch:{user_id}"
"""Valkey: tokens of a login with a smaller epoch are dead. Written by auth, read by all."""
REVOKED = "revoked:{session_id}"
"""Valkey: the session, or the API key, is over. Written by auth, read by all."""
WITHDRAWN = "withdrawn:{kid}"
"""Valkey: what this signing key has signed is worth nothing. Written by auth, read by all."""
PASS = "apikey:{key_id}"  # noqa: S105  # the name of a row
"""Valkey: what an API key may do, signed by auth: the store is not trusted. Written by auth, read by all."""
READY = "epochs:ready"
"""Valkey: auth has filled in the epochs since the cache was last empty."""
SHARED_KEYS = ("epoch:*", "revoked:*", "withdrawn:*", "apikey:*", READY)
NONCE = "nonce:{key_id}:{nonce}"
"""Valkey: this nonce of an API key was used. Written by all."""
KEY_USED = "keyused:{key_id}"
"""Valkey: when an API key was used last, and from where. Written by all, collected by auth."""
COMMON_KEYS = ("nonce:*", "keyused:*")


class Scope(StrEnum):
    """What an API key may be given. Money goes out under a scope of its own."""

    READ = "read"
    TRADE = "trade"  # quotes, conversions, orders: the money stays with us
    WITHDRAW = "withdraw"


class EpochUnknown(AppError):
    """Whether the token still stands cannot be told now, and this request must not go on without."""

    code = "auth_unavailable"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. `purpose` is `access`, or `setup` while the second factor is still missing.

    `auth_time` is when a factor was proved last, `amr` what was proved (RFC 8176). An API key has `scopes`,
    and its own id for a session; a person has None.
    """

    user_id: UUID
    session_id: UUID
    investor_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    purpose: str = "access"
    auth_time: datetime | None = None
    amr: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None

    @property
    def investor(self) -> UUID:
        """The investor that this login acts for; Forbidden when there is none."""
        if self.investor_id is None:
            raise Forbidden("This login acts for no investor.")
        return self.investor_id
