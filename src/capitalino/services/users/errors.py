"""Every refusal of users."""

from capitalino.kit.errors import AppError, Kind


class InvestorDiffers(AppError):
    """The login or the investor is there already, with another counterpart."""

    code = "users.investor_differs"
    kind = Kind.CONFLICT


class ProfileUnknown(AppError):
    """This login has no profile."""

    code = "users.profile_unknown"
    kind = Kind.NOT_FOUND


class ProfileStale(AppError):
    """It was changed since it was read; `details.version` is the present one."""

    code = "users.profile_stale"
    kind = Kind.STALE


class BaseAssetUnknown(AppError):
    """Values are not shown in this asset. `details.base_assets` are those that can be."""

    code = "users.base_asset_unknown"
    kind = Kind.REJECTED


class TimeZoneUnknown(AppError):
    """There is no such time zone."""

    code = "users.time_zone_unknown"
    kind = Kind.REJECTED


class NameRefused(AppError):
    """The name is empty or has signs that no name has."""

    code = "users.name_refused"
    kind = Kind.REJECTED
