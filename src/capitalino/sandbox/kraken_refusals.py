"""What the sandbox's Kraken refuses, with Kraken's own errors."""

from capitalino.sandbox.refusals import DUPLICATE, INVALID_SYMBOL, NO_FUNDS, NO_SUCH_ORDER, Refusal, filtered
from capitalino.sandbox.withdrawals import Why

INVALID_KEY = "EAPI:Invalid key"
INVALID_SIGNATURE = "EAPI:Invalid signature"
INVALID_NONCE = "EAPI:Invalid nonce"
UNKNOWN_ORDER = "EOrder:Unknown order"
UNKNOWN_PAIR = "EQuery:Unknown asset pair"
UNKNOWN_TRADE = "EQuery:Unknown trade"
UNKNOWN_ASSET = "EQuery:Unknown asset"
TOO_LATE = "EService:Deadline elapsed"
NO_METHOD = "EFunding:No funding method"
UNKNOWN_KEY = "EFunding:Unknown withdraw key"
NOT_SENT = {
    Why.ASSET: "EFunding:Unknown asset",
    Why.ADDRESS: UNKNOWN_KEY,
    Why.AMOUNT: "EGeneral:Invalid arguments:amount",
    Why.LEAST: "EFunding:Invalid amount",
    Why.FUNDS: "EFunding:Invalid amount",
}
"""Of too little and of too much, Kraken says the same."""

BY_MESSAGE = {
    INVALID_SYMBOL.message: UNKNOWN_PAIR,
    NO_SUCH_ORDER.message: UNKNOWN_ORDER,
    NO_FUNDS.message: "EOrder:Insufficient funds",
    # Kraken's documentation does not say how it refuses this one.
    DUPLICATE.message: "EOrder:Duplicate order",
    filtered("NOTIONAL").message: "EOrder:Cost minimum not met",
    filtered("PRICE_FILTER").message: "EOrder:Tick size check failed",
    filtered("LOT_SIZE").message: "EGeneral:Invalid arguments:volume",
}


class KrakenRefusal(Exception):
    """Answered as `{"error": [...]}`, with the status of a success, as Kraken does."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def wrong(name: str) -> KrakenRefusal:
    """A parameter was left out, or makes no sense."""
    return KrakenRefusal(f"EGeneral:Invalid arguments:{name}")


def krakens(refusal: Refusal) -> str:
    """A refusal of the exchange's engine, as Kraken would say it."""
    return BY_MESSAGE.get(refusal.message, "EGeneral:Invalid arguments")
