"""Refusals on the way in: registrations, passwords, codes, sessions; and of operators' work."""

from capitalino.kit.errors import AppError, Kind


class AddressNotGood(AppError):
    code = "auth.address_not_good"
    kind = Kind.REJECTED


class PasswordRefused(AppError):
    """The password is too easy. `details.reason` is `length`, `common`, `predictable` or `personal`."""

    code = "auth.password_refused"
    kind = Kind.REJECTED


class HashingBusy(AppError):
    """More passwords wait to be checked than this machine can take."""

    code = "auth.busy"
    kind = Kind.UNAVAILABLE


class LinkNotGood(AppError):
    code = "auth.link_not_good"
    kind = Kind.REJECTED


class SignInRefused(AppError):
    """E-mail address or password are wrong; which of them is not told."""

    code = "auth.sign_in_refused"
    kind = Kind.UNAUTHENTICATED


class EmailUnconfirmed(AppError):
    code = "auth.email_unconfirmed"
    kind = Kind.FORBIDDEN


class LoginBarred(AppError):
    code = "auth.login_barred"
    kind = Kind.FORBIDDEN


class ChallengeOver(AppError):
    """The challenge is used, too old, or was guessed at too often: sign in again."""

    code = "auth.challenge_over"
    kind = Kind.UNAUTHENTICATED


class CodeRefused(AppError):
    code = "auth.code_refused"
    kind = Kind.UNAUTHENTICATED


class FactorUnset(AppError):
    code = "auth.factor_unset"
    kind = Kind.CONFLICT


class CodeNeeded(AppError):
    code = "auth.code_needed"
    kind = Kind.FORBIDDEN


class TooManyTries(AppError):
    """Wait before the next try; `details.retry_after_s` says how long."""

    code = "auth.too_many_tries"
    kind = Kind.RATE_LIMITED


class SessionOver(AppError):
    code = "auth.session_over"
    kind = Kind.UNAUTHENTICATED


class SessionUnknown(AppError):
    code = "auth.session_unknown"
    kind = Kind.NOT_FOUND


class OriginRefused(AppError):
    code = "auth.origin_refused"
    kind = Kind.FORBIDDEN
