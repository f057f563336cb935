"""Sessions: families of refresh secrets. One is good, the one before for a moment; older ones are theft."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

SESSIONS_MAX = 20
"""Open at once for one login; the one that was longest not used gives way."""


class Purpose(StrEnum):
    """What the tokens of a session are good for."""

    ACCESS = "access"
    SETUP = "setup"  # nothing but setting up the second factor


class Reason(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    STOLEN = "stolen"
    EXPIRED = "expired"
    BARRED = "barred"
    CROWDED_OUT = "crowded_out"
    FACTOR_SET = "factor_set"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of a reason


class Proof(StrEnum):
    """What was proved, as tokens call it (RFC 8176; a recovery code has no name there)."""

    PASSWORD = "pwd"  # noqa: S105  # the name of a proof
    CODE = "otp"
    RECOVERY_CODE = "recovery"
    PASSKEY = "hwk"
    VERIFIED = "user"  # the passkey's device has recognised its owner


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things last."""

    absolute: timedelta
    idle: timedelta
    grace: timedelta
    setup: timedelta
    token: timedelta


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in on one device. `amr` is what was proved, with blanks between; `factor_at` when, last."""

    session_id: UUID
    user_id: UUID
    device_id: UUID | None
    purpose: Purpose
    origin_sealed: bytes | None
    opened_at: datetime
    used_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    factor_at: datetime | None = None
    amr: str = Proof.PASSWORD

    @property
    def proved_at(self) -> datetime:
        """When a factor was proved last."""
        return self.factor_at or self.opened_at

    def is_open(self, now: datetime, idle: timedelta) -> bool:
        """Whether it may be used. It ends at sign-in + absolute or last use + idle, what comes first."""
        is_idle = self.purpose is Purpose.ACCESS and now - self.used_at >= idle
        return self.closed_at is None and now < self.expires_at and not is_idle


@dataclass(frozen=True, slots=True)
class Refresh:
    """One generation of a session's refresh secret."""

    session_id: UUID
    generation: int
    secret_hash: bytes
    salt: bytes
    replaced_at: datetime | None = None


class Verdict(StrEnum):
    """What a refresh secret that was shown deserves."""

    OVER = "over"
    ROTATE = "rotate"
    AGAIN = "again"  # its answer may have been lost: the same answer again
    STOLEN = "stolen"


def judge(session: Session, shown: Refresh, now: datetime, lifetimes: Lifetimes) -> Verdict:
    """Under the session's row lock. A replaced secret is excused for a moment; later it is a copy."""
    if not session.is_open(now, lifetimes.idle) or session.purpose is not Purpose.ACCESS:
        return Verdict.OVER
    if shown.replaced_at is None:
        return Verdict.ROTATE
    return Verdict.AGAIN if now - shown.replaced_at <= lifetimes.grace else Verdict.STOLEN
