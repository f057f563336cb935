"""Refusals of what operators do with logins."""

from capitalino.kit.errors import AppError, Kind


class LoginUnknown(AppError):
    code = "auth.login_unknown"
    kind = Kind.NOT_FOUND


class AdminExists(AppError):
    """There is an admin, who gives roles to others."""

    code = "auth.admin_exists"
    kind = Kind.CONFLICT


class RoleUnknown(AppError):
    code = "auth.role_unknown"
    kind = Kind.REJECTED
