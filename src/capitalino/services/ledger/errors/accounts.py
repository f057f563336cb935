"""Why an account, an asset or a period stands in the way."""

from capitalino.kit.errors import AppError, Kind


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


class AccountNotEmpty(AppError):
    """Only an account with nothing on it and nothing held is closed."""

    code = "ledger.account_not_empty"
    kind = Kind.CONFLICT


class BalanceOutOfBounds(AppError):
    """The account's balance, holds included, is outside these bounds."""

    code = "ledger.balance_out_of_bounds"
    kind = Kind.CONFLICT


class AccountStale(AppError):
    """Its state or bounds were changed since they were read: read again."""

    code = "ledger.account_stale"
    kind = Kind.STALE


class ChangeIdReused(AppError):
    """The id stands for another change."""

    code = "ledger.change_id_reused"
    kind = Kind.CONFLICT


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
