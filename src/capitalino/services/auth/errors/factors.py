"""Refusals of what a login keeps: its password, passkeys and API keys."""

from capitalino.kit.errors import AppError, Kind


class PasswordWrong(AppError):
    """The present password, which a change asks for, is not right."""

    code = "auth.password_wrong"
    kind = Kind.FORBIDDEN


class CeremonyOver(AppError):
    """The passkey's challenge is used, too old, or of another session: ask for a new one."""

    code = "auth.ceremony_over"
    kind = Kind.UNAUTHENTICATED


class PasskeyRefused(AppError):
    code = "auth.passkey_refused"
    kind = Kind.UNAUTHENTICATED


class PasskeyUnknown(AppError):
    code = "auth.passkey_unknown"
    kind = Kind.NOT_FOUND


class PasskeyTaken(AppError):
    code = "auth.passkey_taken"
    kind = Kind.CONFLICT


class PasskeysFull(AppError):
    code = "auth.passkeys_full"
    kind = Kind.REJECTED


class ApiKeyUnknown(AppError):
    code = "auth.api_key_unknown"
    kind = Kind.NOT_FOUND


class ApiKeysFull(AppError):
    code = "auth.api_keys_full"
    kind = Kind.REJECTED


class ApiKeyNotGood(AppError):
    """The key cannot be made so; `details.reason`: `network`, `networks_needed`, `expiry`, `public_key`."""

    code = "auth.api_key_not_good"
    kind = Kind.REJECTED
