"""What signing in has reached."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from capitalino.services.auth.domain.logins import Login


class State(StrEnum):
    """How far it is."""

    SECOND_FACTOR = "second_factor"
    SETUP_FACTOR = "setup_factor"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Reached:
    """The answer to every step of signing in. The secrets go into cookies, never into a body."""

    state: State
    expires_at: datetime
    login: Login | None = None
    challenge: str | None = None
    access_token: str | None = None
    refresh_secret: str | None = None
    device_secret: str | None = None
