"""The refusal that each verdict of the database means, with its sentence."""

from capitalino.kit.errors import AppError
from capitalino.services.ledger.domain import Verdict
from capitalino.services.ledger.errors import accounts, entries

Refusal = tuple[type[AppError], str]

REFUSALS: dict[Verdict, Refusal] = {
    Verdict.ID_REUSED: (entries.EntryIdReused, "This id was used for another entry."),
    Verdict.FUNDS: (entries.InsufficientFunds, "The account does not hold enough."),
    Verdict.CEILING: (entries.CeilingReached, "The account may not hold that much."),
    Verdict.BARRED: (accounts.AccountBarred, "The account is frozen or closed."),
    Verdict.ACCOUNT_UNKNOWN: (accounts.AccountUnknown, "There is no such account in this book."),
    Verdict.HOLD_UNKNOWN: (entries.HoldUnknown, "There is no such hold."),
    Verdict.HOLD_RESOLVED: (entries.HoldResolved, "The hold is resolved already."),
    Verdict.NOT_PART: (entries.NotPart, "That is not a part of it."),
    Verdict.ENTRY_UNKNOWN: (entries.EntryUnknown, "There is no such entry that moved money."),
    Verdict.REVERSED: (entries.EntryReversed, "That would take back more than the entry moved."),
    Verdict.LIMIT: (entries.LimitReached, "The limit leaves less than that."),
    Verdict.PERIOD_CLOSED: (accounts.PeriodIsClosed, "The period is closed."),
    Verdict.TOGETHER: (entries.RefusedTogether, "Another entry of the whole was refused."),
}
AMENDMENT_REFUSALS: dict[Verdict, Refusal] = {
    Verdict.ID_REUSED: (accounts.ChangeIdReused, "This id was used for another change."),
    Verdict.ACCOUNT_UNKNOWN: (accounts.AccountUnknown, "There is no such account."),
    Verdict.NOT_EMPTY: (accounts.AccountNotEmpty, "The account still holds something."),
    Verdict.OUT_OF_BOUNDS: (accounts.BalanceOutOfBounds, "The account's balance is outside these bounds."),
}
