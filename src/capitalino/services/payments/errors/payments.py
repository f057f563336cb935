"""Every refusal of payments."""

from capitalino.kit.errors import AppError, Kind


class PairUnsupported(AppError):
    """These two assets are not exchanged directly."""

    code = "payments.pair_unsupported"
    kind = Kind.REJECTED


class AmountInvalid(AppError):
    """The text is no amount of this asset."""

    code = "payments.amount_invalid"
    kind = Kind.INVALID


class AmountTooSmall(AppError):
    """Less than what can be exchanged."""

    code = "payments.amount_too_small"
    kind = Kind.REJECTED


class AmountTooLarge(AppError):
    """More than what is exchanged at once."""

    code = "payments.amount_too_large"
    kind = Kind.REJECTED


class AssetUnknown(AppError):
    """We do not keep this asset."""

    code = "payments.asset_unknown"
    kind = Kind.REJECTED


class QuoteNotFound(AppError):
    """There is no such quote of this investor."""

    code = "payments.quote_not_found"
    kind = Kind.NOT_FOUND


class QuoteExpired(AppError):
    """The offer has ended; ask for a new one."""

    code = "payments.quote_expired"
    kind = Kind.CONFLICT


class QuoteUsed(AppError):
    """The offer was used by another conversion."""

    code = "payments.quote_used"
    kind = Kind.CONFLICT


class ConversionNotFound(AppError):
    """There is no such conversion of this investor."""

    code = "payments.conversion_not_found"
    kind = Kind.NOT_FOUND


class DepositUnsupported(AppError):
    """This asset cannot be deposited here."""

    code = "payments.deposit_unsupported"
    kind = Kind.REJECTED


class NotPast(AppError):
    """What is taken over has happened, and not before 1970."""

    code = "payments.not_past"
    kind = Kind.REJECTED


class ReferenceTaken(AppError):
    """A deposit of this reference was taken over already."""

    code = "payments.reference_taken"
    kind = Kind.CONFLICT


class VenueAway(AppError):
    """The venue does not answer now."""

    code = "payments.venue_unavailable"
    kind = Kind.UNAVAILABLE
