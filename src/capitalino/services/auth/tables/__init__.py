"""What auth stores. Secrets are hashed or sealed; the migrations make it."""

from capitalino.services.auth.tables.columns import schema
from capitalino.services.auth.tables.factors import activity, api_key, ceremony, passkey, password_reset
from capitalino.services.auth.tables.logins import (
    challenge,
    device,
    login,
    mail,
    recovery_code,
    refresh,
    registration,
    role,
    session,
    signing_key,
    throttle,
    totp,
)

__all__ = [
    "activity",
    "api_key",
    "ceremony",
    "challenge",
    "device",
    "login",
    "mail",
    "passkey",
    "password_reset",
    "recovery_code",
    "refresh",
    "registration",
    "role",
    "schema",
    "session",
    "signing_key",
    "throttle",
    "totp",
]
