"""What went wrong at Binance, as one of the port's three classes. Texts with URLs and signatures end here."""

from capitalino.venues.asking import without_answer
from capitalino.venues.port import Again, Never, Unknown, VenueTrouble

THROTTLED = {429, 418}
SHUT_OUT = {401, 403, 451}
"""The edge of the exchange refused us, so nothing was done; neither will it be the next time."""
LATER = {-1003, -1015, -1021}
"""Too many requests, too many orders, clock out of step: refused before anything was done."""
DOUBTFUL = {-1000, -1001, -1004, -1006, -1007, -1008}
"""Binance's codes for: we do not know, or we were too busy to know."""
CLOCK = -1021
NO_SUCH_ORDER = {-2013, -2011}
DUPLICATE = "duplicate"


def trouble(error: BaseException, *, changes: bool) -> VenueTrouble:
    """Judge an error of ccxt. `changes`: the call changes something, so an unclear end is Unknown."""
    unclear: type[VenueTrouble] = Unknown if changes else Again
    answer = getattr(error, "answer", None)
    if answer is None:
        return without_answer(error, unclear)
    code, message = answer.code, answer.message
    told = (str(answer.status), "the answer is not Binance's") if code is None else (str(code), message[:200])
    if answer.status in THROTTLED or code in LATER:
        return Again(*told, retry_after_s=answer.retry_after_s)
    if code is None and answer.status in SHUT_OUT:
        return Never(*told)
    if code is None or answer.status >= 500 or code in DOUBTFUL:
        return unclear(*told, retry_after_s=answer.retry_after_s)
    if message.lower().startswith(DUPLICATE):
        # An order with our id is open, or money left under it: that is what we sent.
        return unclear(*told)
    return Never(*told)
