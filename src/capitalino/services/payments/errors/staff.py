"""What is refused to staff, and to everybody because of staff."""

from capitalino.kit.errors import AppError, Kind


class FlowClosed(AppError):
    """Staff have closed this for now; nothing was held or sent."""

    code = "payments.flow_closed"
    kind = Kind.REJECTED


class TermsInvalid(AppError):
    """Spread and fee are parts of one, with eight decimals at most."""

    code = "payments.terms_invalid"
    kind = Kind.INVALID


class TermsNotPast(AppError):
    """A price list is not changed for what has passed."""

    code = "payments.terms_past"
    kind = Kind.REJECTED


class ScopeInvalid(AppError):
    """A switch names a flow, an asset or a venue that we have."""

    code = "payments.scope_invalid"
    kind = Kind.INVALID


class ClosureNotFound(AppError):
    """Nothing was closed under this id."""

    code = "payments.closure_not_found"
    kind = Kind.NOT_FOUND


class AlreadyOpen(AppError):
    """It was opened again in the meantime."""

    code = "payments.already_open"
    kind = Kind.CONFLICT


class PaymentNotFound(AppError):
    """There is no such payment or quote."""

    code = "payments.not_found"
    kind = Kind.NOT_FOUND


class ActNotPossible(AppError):
    """Where the payment stands, this cannot be done with it."""

    code = "payments.act_not_possible"
    kind = Kind.CONFLICT


class MovedOn(AppError):
    """The payment has gone on since this was asked for: look at it again."""

    code = "payments.moved_on"
    kind = Kind.CONFLICT


class BooksDisagree(AppError):
    """The ledger has this otherwise: what it has booked or given back is not undone here."""

    code = "payments.books_disagree"
    kind = Kind.CONFLICT


class FillInvalid(AppError):
    """The order cannot have been executed like this."""

    code = "payments.fill_invalid"
    kind = Kind.REJECTED


class InvestorUnknown(AppError):
    """This investor was never given a deposit address."""

    code = "payments.investor_unknown"
    kind = Kind.REJECTED


class BooksUnread(AppError):
    """The ledger's word is needed for this, and it is away."""

    code = "payments.books_unread"
    kind = Kind.UNAVAILABLE
