"""What the ledger refuses, and why."""

from capitalino.kit.errors import AppError, Kind


class InsufficientFunds(AppError):
    """The source would go below its floor, open holds included."""

    code = "ledger.insufficient_funds"
    kind = Kind.REJECTED


class CeilingReached(AppError):
    """The destination would go above its ceiling."""

    code = "ledger.ceiling_reached"
    kind = Kind.REJECTED


class AccountBarred(AppError):
    """The account is frozen in this direction, or closed."""

    code = "ledger.account_barred"
    kind = Kind.REJECTED


class AccountUnknown(AppError):
    """No account is open at this address for this asset in this book."""

    code = "ledger.account_unknown"
    kind = Kind.NOT_FOUND


class AccountDiffers(AppError):
    """It is open already, with another book, side or bounds."""

    code = "ledger.account_differs"
    kind = Kind.CONFLICT


class AssetUnknown(AppError):
    """The book keeps no such asset."""

    code = "ledger.asset_unknown"
    kind = Kind.NOT_FOUND


class EntryIdReused(AppError):
    """The id stands for another entry."""

    code = "ledger.entry_id_reused"
    kind = Kind.CONFLICT


class EntryUnsound(AppError):
    """It moves nothing, or to where it comes from, or more than the book can count. The id is not spent."""

    code = "ledger.entry_unsound"
    kind = Kind.INVALID


class HoldUnknown(AppError):
    """There was no such hold when it was asked for."""

    code = "ledger.hold_unknown"
    kind = Kind.NOT_FOUND


class HoldResolved(AppError):
    """The hold was captured, released or has expired."""

    code = "ledger.hold_resolved"
    kind = Kind.CONFLICT


class NotPartOfHold(AppError):
    """More was asked for than is held, or a part of a hold with several postings."""

    code = "ledger.not_part_of_hold"
    kind = Kind.REJECTED
