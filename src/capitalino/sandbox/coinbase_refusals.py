"""What the sandbox's Coinbase refuses, in the three forms that Coinbase has for it."""

from typing import Any

from capitalino.sandbox.refusals import DUPLICATE, INVALID_SYMBOL, NO_FUNDS, Refusal
from capitalino.sandbox.withdrawals import Why

SHUT_OUT = "Unauthorized"
"""What the newer calls say to a wrong token: this word, without JSON."""


class Refused(Exception):
    """Answered with this body."""

    def __init__(self, body: dict[str, Any] | str, status: int) -> None:
        super().__init__(str(body))
        self.body = body
        self.status = status


def unauthenticated(message: str) -> Refused:
    """A key, a signature or a time that is wrong."""
    return older("authentication_error", message, 401)


def older(code: str, message: str, status: int) -> Refused:
    """As the older calls refuse."""
    return Refused({"errors": [{"id": code, "message": message}]}, status)


def newer(code: str, message: str, status: int) -> Refused:
    """As the newer calls refuse."""
    return Refused({"error": code, "error_details": message, "message": message}, status)


def not_found(message: str) -> Refused:
    """There is none."""
    return newer("NOT_FOUND", message, 404)


def invalid(message: str) -> Refused:
    """It cannot be asked like that."""
    return newer("INVALID_ARGUMENT", message, 400)


NOT_SENT = {
    Why.ASSET: "Currency is not supported on this network",
    Why.ADDRESS: "Please enter a valid address",
    Why.AMOUNT: "Please enter a valid amount",
    Why.LEAST: "Amount is below the minimum",
    Why.FUNDS: "You don't have that much.",
}
REASONS = {
    NO_FUNDS.message: ("INSUFFICIENT_FUND", "Insufficient balance in source account"),
    INVALID_SYMBOL.message: ("INVALID_PRODUCT_ID", "Invalid product_id"),
    DUPLICATE.message: ("INVALID_REQUEST", "Duplicate client_order_id"),
    "Filter failure: LOT_SIZE": ("INVALID_SIZE_PRECISION", "Too many decimals in order amount"),
    "Filter failure: PRICE_FILTER": ("INVALID_PRICE_PRECISION", "Too many decimals in order price"),
}
TOO_SMALL = "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"


def not_placed(refusal: Refusal, configuration: Any) -> dict[str, Any]:
    """A refused order, which is answered with status 200."""
    code, message = REASONS.get(refusal.message, ("INVALID_REQUEST", refusal.message))
    is_small = refusal.message == "Filter failure: NOTIONAL"
    return {
        "success": False,
        "failure_reason": "UNKNOWN_FAILURE_REASON",
        "order_id": "",
        "error_response": {
            "error": "UNKNOWN_FAILURE_REASON" if is_small else code,
            "message": "" if is_small else message,
            "error_details": "",
            "preview_failure_reason": TOO_SMALL if is_small else "UNKNOWN_PREVIEW_FAILURE_REASON",
            "new_order_failure_reason": "UNKNOWN_FAILURE_REASON" if is_small else code,
        },
        "order_configuration": configuration,
    }
