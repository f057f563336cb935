"""What OKX refuses, with its own codes and sentences."""

from typing import Any

from capitalino.sandbox.refusals import DUPLICATE, NO_FUNDS, NO_SUCH_ORDER, NOT_CANCELLED, Refusal, filtered
from capitalino.sandbox.withdrawals import Why


class OkxRefusal(Exception):
    """Answered as `{"code": ..., "msg": ..., "data": []}`."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def answer(self) -> dict[str, Any]:
        """As OKX says it."""
        return {"code": self.code, "data": [], "msg": self.message}

    def order_answer(self, client_order_id: str, now_ms: int) -> dict[str, Any]:
        """As OKX says it about an order: the code of the whole is 1, that of the order stands in its row."""
        row = {"clOrdId": client_order_id, "ordId": "", "tag": "", "ts": str(now_ms)}
        told = row | {"sCode": self.code, "sMsg": self.message}
        return {"code": "1", "data": [told], "msg": "All operations failed"}


def wrong(name: str) -> OkxRefusal:
    """A parameter that is not understood."""
    return OkxRefusal("51000", f"Parameter {name} error", 400)


NO_SUCH_PAIR = OkxRefusal("51001", "Instrument ID, Instrument ID code or Spread ID doesn't exist.")
NO_ID = OkxRefusal("51003", "Either client order ID or order ID is required.")
TOO_LATE = OkxRefusal(
    "50036",
    "The expTime can't be earlier than the current system time. Please adjust the expTime and try again.",
)
# OKX's documentation does not say how it refuses a second withdrawal under one id of ours.
SENT_BEFORE = OkxRefusal("51016", "Client order ID already exists.")
NOT_SENT = {
    Why.ASSET: ("58200", "Withdrawal from the account is unavailable for this currency."),
    Why.ADDRESS: ("58207", "Withdrawal failed due to address error."),
    Why.AMOUNT: ("51000", "Parameter amt error"),
    Why.LEAST: ("58206", "Withdrawal amount is lower than the lower limit."),
    Why.FUNDS: ("58350", "Insufficient balance."),
}
SAID = {
    str(DUPLICATE): ("51016", "Client order ID already exists."),
    str(NO_FUNDS): ("51008", "Order failed. Insufficient balance in account."),
    str(NO_SUCH_ORDER): ("51603", "Order does not exist"),
    str(NOT_CANCELLED): (
        "51400",
        "Order cancellation failed as the order has been filled, canceled or does not exist.",
    ),
    str(filtered("LOT_SIZE")): ("51121", "Order quantity must be a multiple of the lot size."),
    str(filtered("NOTIONAL")): ("51020", "Your order should meet or exceed the minimum order amount."),
}


def translated(refusal: Refusal) -> OkxRefusal:
    """What the exchange behind all protocols refuses, as OKX says it."""
    code, message = SAID.get(refusal.message, ("51000", "Parameter error"))
    return OkxRefusal(code, message)
