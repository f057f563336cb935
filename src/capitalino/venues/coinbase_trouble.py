"""What went wrong at Coinbase, as one of the port's three classes. Texts with URLs or keys end here."""

from capitalino.venues.asking import without_answer
from capitalino.venues.port import Again, Never, Unknown, VenueTrouble

THROTTLED = 429
SHUT_OUT = {401, 403, 451}
"""The edge of the exchange refused us, so nothing was done; neither will it be the next time."""
LATER = {"RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "ORDER_ENTRY_DISABLED"}
"""Too many requests, or no orders just now: refused before anything was done."""
DOUBTFUL = {
    "UNKNOWN",
    "UNKNOWN_FAILURE_REASON",
    "INTERNAL",
    "INTERNAL_SERVER_ERROR",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
    "ABORTED",
    "CANCELLED",
}
"""Coinbase's codes for: something broke, or we do not say what."""
CLOCK = "clock"
EXPIRED = "request timestamp expired"


def trouble(error: BaseException, *, changes: bool) -> VenueTrouble:
    """Judge an error of ccxt. `changes`: the call changes something, so an unclear end is Unknown."""
    unclear: type[VenueTrouble] = Unknown if changes else Again
    answer = getattr(error, "answer", None)
    if answer is None:
        return without_answer(error, unclear)
    code, message = answer.code, answer.message
    told = (str(answer.status), "the answer is not Coinbase's") if code is None else (code, message[:200])
    name = (code or "").upper()
    if answer.status == THROTTLED or name in LATER:
        return Again(*told, retry_after_s=answer.retry_after_s)
    if message == EXPIRED:
        # Told with the same code as a wrong key.
        return Again(CLOCK, message)
    if code is None and answer.status in SHUT_OUT:
        return Never(*told)
    if code is None or answer.status >= 500 or name in DOUBTFUL:
        return unclear(*told, retry_after_s=answer.retry_after_s)
    return Never(*told)
