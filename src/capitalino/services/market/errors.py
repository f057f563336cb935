"""What the market refuses."""

from capitalino.kit.errors import AppError, Kind


class InstrumentUnknown(AppError):
    """Nothing is known that would price the one asset in the other."""

    code = "market.instrument_unknown"
    kind = Kind.NOT_FOUND


class PriceUnavailable(AppError):
    """No source has said anything fresh. An old number is never given instead."""

    code = "market.price_unavailable"
    kind = Kind.UNAVAILABLE


class PriceWithoutQuorum(AppError):
    """Some sources are fresh, but too few of them, or they do not agree. No number is given then."""

    code = "market.price_without_quorum"
    kind = Kind.UNAVAILABLE


class RateUnknown(AppError):
    """There is no such pair of fiat currencies."""

    code = "market.rate_unknown"
    kind = Kind.NOT_FOUND


class RateWithoutQuorum(AppError):
    """Too few independent sources have said anything fresh. An old rate is never given instead."""

    code = "market.rate_without_quorum"
    kind = Kind.UNAVAILABLE


class RateDisputed(AppError):
    """The sources do not agree, and no majority of them does."""

    code = "market.rate_disputed"
    kind = Kind.UNAVAILABLE


class RateHeld(AppError):
    """The sources agree on a rate far from the last good one: people look at it first."""

    code = "market.rate_held"
    kind = Kind.UNAVAILABLE


class RateNotHeld(AppError):
    """Only a rate that is held can be let go."""

    code = "market.rate_not_held"
    kind = Kind.CONFLICT


class RateMovedOn(AppError):
    """The sources say something else than when it was asked for: look at it again."""

    code = "market.rate_moved_on"
    kind = Kind.CONFLICT
