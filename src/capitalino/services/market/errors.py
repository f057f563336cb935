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
