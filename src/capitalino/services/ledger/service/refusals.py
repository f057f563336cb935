"""The refusal that each verdict of the database means, with its sentence."""

from capitalino.kit.errors import AppError
from capitalino.services.ledger import errors
from capitalino.services.ledger.domain import Verdict

Refusal = tuple[type[AppError], str]

REFUSALS: dict[Verdict, Refusal] = {
    Verdict.ID_REUSED: (errors.EntryIdReused, "This id was used for another entry."),
    Verdict.FUNDS: (errors.InsufficientFunds, "The account does not hold enough."),
    Verdict.CEILING: (errors.CeilingReached, "The account may not hold that much."),
    Verdict.BARRED: (errors.AccountBarred, "The account is frozen or closed."),
    Verdict.ACCOUNT_UNKNOWN: (errors.AccountUnknown, "There is no such account in this book."),
    Verdict.HOLD_UNKNOWN: (errors.HoldUnknown, "There is no such hold."),
    Verdict.HOLD_RESOLVED: (errors.HoldResolved, "The hold is resolved already."),
    Verdict.NOT_PART: (errors.NotPart, "That is not a part of it."),
    Verdict.ENTRY_UNKNOWN: (errors.EntryUnknown, "There is no such entry that moved money."),
    Verdict.REVERSED: (errors.EntryReversed, "That would take back more than the entry moved."),
    Verdict.LIMIT: (errors.LimitReached, "The limit leaves less than that."),
    Verdict.PERIOD_CLOSED: (errors.PeriodIsClosed, "The period is closed."),
    Verdict.TOGETHER: (errors.RefusedTogether, "Another entry of the whole was refused."),
}
AMENDMENT_REFUSALS: dict[Verdict, Refusal] = {
    Verdict.ID_REUSED: (errors.ChangeIdReused, "This id was used for another change."),
    Verdict.ACCOUNT_UNKNOWN: (errors.AccountUnknown, "There is no such account."),
    Verdict.NOT_EMPTY: (errors.AccountNotEmpty, "The account still holds something."),
    Verdict.OUT_OF_BOUNDS: (errors.BalanceOutOfBounds, "The account's balance is outside these bounds."),
}
