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


class NotPart(AppError):
    """More than is held, a part of a hold with several postings, or a posting that is not there."""

    code = "ledger.not_part"
    kind = Kind.REJECTED


class EntryUnknown(AppError):
    """There is no such entry that has moved money."""

    code = "ledger.entry_unknown"
    kind = Kind.NOT_FOUND


class EntryReversed(AppError):
    """With the reversals before it, that would take back more than the entry moved."""

    code = "ledger.entry_reversed"
    kind = Kind.CONFLICT


class LimitReached(AppError):
    """The owner's limit leaves less than that within its windows; without a limit nothing passes."""

    code = "ledger.limit_reached"
    kind = Kind.REJECTED


class PeriodIsClosed(AppError):
    """It would take effect in a period that is closed."""

    code = "ledger.period_closed"
    kind = Kind.REJECTED


class PeriodNotOver(AppError):
    """A period is closed when it has passed."""

    code = "ledger.period_not_over"
    kind = Kind.REJECTED


class BookUnknown(AppError):
    """There is no such book."""

    code = "ledger.book_unknown"
    kind = Kind.NOT_FOUND


class ExchangeUnfair(AppError):
    """Who gives would get more than the rate makes of it, or nothing. The id is not spent."""

    code = "ledger.exchange_unfair"
    kind = Kind.REJECTED


class RefusedTogether(AppError):
    """It would have been accepted alone; another entry of the whole was refused."""

    code = "ledger.refused_together"
    kind = Kind.REJECTED


class AccountNotEmpty(AppError):
    """Only an account with nothing on it and nothing held is closed."""

    code = "ledger.account_not_empty"
    kind = Kind.CONFLICT


class BalanceOutOfBounds(AppError):
    """The account's balance, holds included, is outside these bounds."""

    code = "ledger.balance_out_of_bounds"
    kind = Kind.CONFLICT


class ChangeIdReused(AppError):
    """The id stands for another change."""

    code = "ledger.change_id_reused"
    kind = Kind.CONFLICT
