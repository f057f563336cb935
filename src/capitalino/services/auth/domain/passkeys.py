"""Passkeys, and the ceremonies in which they are made and shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

PASSKEYS_MAX = 10
CEREMONY_TTL = timedelta(minutes=5)
NAME_MAX = 60


class Aim(StrEnum):
    """What a ceremony is for: a challenge of one is worth nothing in another."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    STEP_UP = "step_up"


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key pair of which we have the public half."""

    passkey_id: UUID
    user_id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    is_synced: bool
    made_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A challenge that was given out. `bound_to` is the session, or the attempt to sign in."""

    ceremony_id: UUID
    aim: Aim
    challenge: bytes
    user_id: UUID | None = None
    bound_to: UUID | None = None


def went_back(known: int, shown: int) -> bool:
    """Whether the counter says that there is a copy. Keys that don't count say 0 for ever."""
    return (known > 0 or shown > 0) and shown <= known
