"""When keys sign and when they are shown: a key is public long before it signs, and long after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PUBLISH_AHEAD = timedelta(minutes=15)
"""Longer than any checker keeps the keys (five minutes) and any cache the document (one)."""
OVERLAP = timedelta(hours=1)
"""Longer than any token that was signed at the last moment."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key: the public half as a JWK, the private half sealed."""

    kid: str
    public_jwk: dict[str, Any]
    private_sealed: bytes
    signs_from: datetime
    signs_until: datetime
    withdrawn_at: datetime | None = None

    def signs(self, now: datetime) -> bool:
        """Whether it signs at `now`."""
        return self.signs_from <= now < self.signs_until and self.withdrawn_at is None

    def is_shown(self, now: datetime) -> bool:
        """Whether what it signed can still be good. Nothing is, of a key that was withdrawn."""
        return now < self.shown_until and self.withdrawn_at is None

    def state(self, now: datetime) -> str:
        """In one word."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "signs" if self.signs(now) else "shown" if self.is_shown(now) else "over"

    @property
    def shown_until(self) -> datetime:
        """When nothing that it signed can still be good."""
        return self.signs_until + OVERLAP


@dataclass(frozen=True, slots=True)
class Span:
    """When a key that has to be made will sign."""

    signs_from: datetime
    signs_until: datetime


def signer(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The key that signs now: the newest where two would."""
    able = [key for key in keys if key.signs(now)]
    return max(able, key=lambda key: key.signs_from, default=None)


def missing(keys: Sequence[SigningKey], now: datetime, sign_for: timedelta) -> Span | None:
    """The key that has to be made now, if any: the very first at once, each later one well ahead."""
    last = max((key.signs_until for key in keys if key.withdrawn_at is None), default=now)
    if last <= now:
        return Span(now, now + sign_for)
    if last - now <= PUBLISH_AHEAD:
        return Span(last, last + sign_for)
    return None
