"""What went wrong at Kraken, as one of the port's three classes. Texts with URLs and signatures end here."""

import binascii

from capitalino.venues.asking import without_answer
from capitalino.venues.port import Again, Never, Unknown, VenueTrouble

THROTTLED = 429
SHUT_OUT = {401, 403, 451}
"""The edge of the exchange refused us, so nothing was done; neither will it be the next time."""
LATER = (
    "EAPI:Invalid nonce",
    "EAPI:Rate limit exceeded",
    "EFunding:Too many requests",
    "EGeneral:Temporary lockout",
    "EGeneral:Too many requests",
    "EOrder:Rate limit exceeded",
    "EService:Market in ",
)
"""Too many requests, a nonce out of turn, a market that rests: refused before anything was done."""
REFUSED = (
    "EAPI:",
    "EAccount:",
    "EAuth:",
    "EFunding:",
    "EGeneral:Invalid arguments",
    "EGeneral:Permission denied",
    "EGeneral:Unknown method",
    "EOrder:",
    "EQuery:",
    "ESession:",
    "ETrade:",
)
"""What Kraken decides before it does anything. Every other error, known or new, leaves it open."""
TOO_LATE = "EService:Deadline elapsed"
NO_SUCH_ORDER = "EOrder:Unknown order"
DUPLICATE = "duplicate"


def trouble(error: BaseException, *, changes: bool) -> VenueTrouble:
    """Judge an error of ccxt. `changes`: the call changes something, so an unclear end is Unknown."""
    unclear: type[VenueTrouble] = Unknown if changes else Again
    if isinstance(error, binascii.Error):
        # The client could not sign, so nothing was sent.
        return Never("secret", "the secret is not base64")
    answer = getattr(error, "answer", None)
    if answer is None:
        return without_answer(error, unclear)
    if answer.status == THROTTLED:
        return Again("429", "too many requests", retry_after_s=answer.retry_after_s)
    if not answer.errors:
        kind = Never if answer.status in SHUT_OUT else unclear
        return kind(str(answer.status), "the answer is not Kraken's", retry_after_s=answer.retry_after_s)
    judged = unclear if answer.status >= 500 else _judged(answer.errors, unclear)
    return judged(answer.errors[0][:100], ", ".join(answer.errors)[:200], retry_after_s=answer.retry_after_s)


def _judged(errors: tuple[str, ...], unclear: type[VenueTrouble]) -> type[VenueTrouble]:
    """Of several errors the least certain one counts."""
    kinds = {_kind(error, unclear) for error in errors}
    return unclear if unclear in kinds else Never if Never in kinds else Again


def _kind(error: str, unclear: type[VenueTrouble]) -> type[VenueTrouble]:
    if error.startswith(LATER):
        return Again
    if DUPLICATE in error.lower():
        # An order with our id is open: that is the one we sent.
        return unclear
    return Never if error.startswith(REFUSED) else unclear
