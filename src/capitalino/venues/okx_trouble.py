"""What went wrong at OKX, as one of the port's three classes. Texts with URLs and signatures end here."""

from capitalino.venues.asking import without_answer
from capitalino.venues.port import Again, Never, Unknown, VenueTrouble

THROTTLED = 429
SHUT_OUT = {401, 403, 451}
"""The edge of the exchange refused us, so nothing was done; neither will it be the next time."""
CLOCK = {"50036", "50102", "50112"}
"""An order past its deadline, a request too old, a time that is none: the clock may be out of step."""
LATER = CLOCK | {"50011", "50037", "50040", "50061"}
"""Too many requests, too many orders, or too late: refused before anything was done."""
DOUBTFUL = {"0", "1", "2", "50001", "50004", "50013", "50026", "51054", "51149"}
"""OKX's codes for: something failed, or we were too busy to know. 50004 says so itself."""
NO_SUCH_ORDER = {"51400", "51401", "51402", "51410", "51603"}
"""It does not exist, or it is cancelled, completed or being cancelled already."""
NO_SUCH_PAIR = "51001"
DUPLICATE = {"50071", "51016"}


def trouble(error: BaseException, *, changes: bool) -> VenueTrouble:
    """Judge an error of ccxt. `changes`: the call changes something, so an unclear end is Unknown."""
    unclear: type[VenueTrouble] = Unknown if changes else Again
    answer = getattr(error, "answer", None)
    if answer is None:
        return without_answer(error, unclear)
    code, message = answer.code, answer.message
    told = (str(answer.status), "the answer is not OKX's") if code is None else (code, message[:200])
    if code in DOUBTFUL:
        # Looked at first: OKX is also too busy to know under the status of a throttled request.
        return unclear(*told, retry_after_s=answer.retry_after_s)
    if answer.status == THROTTLED or code in LATER:
        return Again(*told, retry_after_s=answer.retry_after_s)
    if code is None and answer.status in SHUT_OUT:
        return Never(*told)
    if code is None or answer.status >= 500 or code in DUPLICATE:
        # A duplicate: an order with our id is there, and that is the one we sent.
        return unclear(*told, retry_after_s=answer.retry_after_s)
    return Never(*told)
