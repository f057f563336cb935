"""One exception class for everything that a caller can be told. Its kind decides the HTTP status."""

from enum import StrEnum
from typing import Any

AWAY_CLASSES = ("08", "53", "57")
"""SQLSTATE: connection lost; no connections, memory or disk left; starting, stopping, past a time limit."""
AWAY_STATES = frozenset({"40001", "40P01", "55P03"})
"""Serialisation failure, deadlock, lock time-out: nothing is wrong with what was asked."""


class Kind(StrEnum):
    """What sort of refusal it is: all that a transport needs to know."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"  # somebody else changed it since it was read: read again
    REJECTED = "rejected"  # understood and allowed, but a business rule says no
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"  # worth asking again with the same id


class AppError(Exception):
    """Raise a subclass from a service's `errors.py`, never this class itself.

    `message` is for people, `code` for machines; `details` carry values that the caller may act on.
    """

    code: str = "internal"
    kind: Kind = Kind.UNAVAILABLE

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class RemoteRefusal(AppError):
    """An AppError that happened in another process, carried across unchanged."""

    def __init__(self, code: str, kind: Kind, message: str, details: dict[str, Any]) -> None:
        super().__init__(message, **details)
        self.code = code
        self.kind = kind


class PeerUnavailable(AppError):
    """It may or may not have happened: keep the intention and ask again with the same id."""

    code = "peer_unavailable"
    kind = Kind.UNAVAILABLE


class Forbidden(AppError):
    """The principal may not do this."""

    code = "forbidden"
    kind = Kind.FORBIDDEN


class Unauthenticated(AppError):
    """Nobody is signed in, or the token is no longer good."""

    code = "unauthenticated"
    kind = Kind.UNAUTHENTICATED


class RateLimited(AppError):
    """Too many requests; `details.retry_after_s` says when to come back."""

    code = "rate_limited"
    kind = Kind.RATE_LIMITED


class StorageUnavailable(AppError):
    """The database is away or full. What was asked may be asked again with the same id."""

    code = "storage_unavailable"
    kind = Kind.UNAVAILABLE


def is_away(error: Any) -> bool:
    """Whether the database, not the statement, is what stands in the way."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    return error.connection_invalidated or state[:2] in AWAY_CLASSES or state in AWAY_STATES
