"""What the sandbox exchange refuses, with Binance's own codes and sentences; the others say it in theirs."""


class Refusal(Exception):
    """Answered as `{"code": ..., "msg": ...}`, as Binance does."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def missing(name: str) -> Refusal:
    """A parameter was left out."""
    return Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def filtered(name: str) -> Refusal:
    """A price, a quantity or a cost that the pair's filter does not let through."""
    return Refusal(-1013, f"Filter failure: {name}")


INVALID_SYMBOL = Refusal(-1121, "Invalid symbol.")
NO_SUCH_ORDER = Refusal(-2013, "Order does not exist.")
NOT_CANCELLED = Refusal(-2011, "Unknown order sent.")
DUPLICATE = Refusal(-2010, "Duplicate order sent.")
NO_FUNDS = Refusal(-2010, "Account has insufficient balance for requested action.")
