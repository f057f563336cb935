"""Why an entry is refused."""

from capitalino.kit.errors import AppError, Kind


class InsufficientFunds(AppError):
    """The source would go below its floor, open holds included."""

    code = "ledger.insufficient_funds"
    kind = Kind.REJECTED


class CeilingReached(AppError):
    """The destination would go above its ceiling."""

    code = "ledger.ceiling_reached"
    kind = Kind.REJECTED


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


class ExchangeUnfair(AppError):
    """Who gives would get more than the rate makes of it, or nothing. The id is not spent."""

    code = "ledger.exchange_unfair"
    kind = Kind.REJECTED


class RefusedTogether(AppError):
    """It would have been accepted alone; another entry of the whole was refused."""

    code = "ledger.refused_together"
    kind = Kind.REJECTED
