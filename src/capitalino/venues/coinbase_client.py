"""ccxt's Coinbase client as we use it: errors carry the answer, and an order's signature ends when we say."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from capitalino.venues.ccxt_import import client_class
from capitalino.venues.one_host import one_host_session
from capitalino.venues.settings import VenueSettings

VALID_UNTIL_MS = "validUntilMs"
"""A parameter of our own: the exchange's time after which it shall refuse the request. It is not sent."""
SIGNATURE_LIVES_MS = 30_000
TOKEN_LIVES_MS = 120_000
UNSAID = "UNKNOWN_FAILURE_REASON"


@cache
def our_client() -> type[Any]:
    """ccxt's class with two additions; made once, for importing it takes a moment."""

    class Client(client_class("coinbase")):  # type: ignore[misc]
        """Tells what an unhappy answer said, and can sign a request that soon ends to be valid."""

        _valid_until_ms: int | None = None

        def sign(self, path: str, api: Any, method: str = "GET", params: Any = None) -> Any:
            """As ccxt does. It does not wait in here, so the instant is this request's alone."""
            asked = dict(params or {})
            self._valid_until_ms = asked.pop(VALID_UNTIL_MS, None)
            try:
                return super().sign(path, api, method, asked)
            finally:
                self._valid_until_ms = None

        def nonce(self) -> int:
            """The time of a signature by HMAC, which Coinbase takes for thirty seconds."""
            if self._valid_until_ms is None:
                return int(super().nonce())
            return self._valid_until_ms - SIGNATURE_LIVES_MS

        def seconds(self) -> int:
            """The time of a token, which says itself that it is valid for two minutes; by their clock."""
            if self._valid_until_ms is None:
                return int(super().nonce()) // 1000
            return (self._valid_until_ms - TOKEN_LIVES_MS) // 1000

        def handle_errors(self, code: int, reason: str, url: str, method: str, *rest: Any) -> Any:
            """As ccxt does, with the facts of the answer attached."""
            headers, _body, reply = rest[:3]
            try:
                super().handle_errors(code, reason, url, method, *rest)
                self.handle_http_status_code(code, reason, url, method, "")
            except Exception as error:
                error.answer = Answer.read(code, reply, headers.get("Retry-After"))  # type: ignore[attr-defined]
                raise

    return Client


@dataclass(frozen=True, slots=True)
class Answer:
    """What an unhappy answer said."""

    status: int
    code: str | None
    message: str
    retry_after_s: int | None

    @classmethod
    def read(cls, status: int, reply: Any, retry_after: str | None) -> Self:
        """Coinbase has three forms: for refused orders, for the older half of its calls, for the newer."""
        told = reply if isinstance(reply, dict) else {}
        errors = told.get("errors")
        if isinstance(told.get("error_response"), dict):
            refused = told["error_response"]
            code, message = _reason(refused), _text(refused.get("message"))
        elif isinstance(errors, list) and errors and isinstance(errors[0], dict):
            code, message = _text(errors[0].get("id")), _text(errors[0].get("message"))
        else:
            code, message = _text(told.get("error")), _text(told.get("message"))
        wait_s = int(retry_after) if retry_after and retry_after.isdecimal() else None
        return cls(status, code or None, message, wait_s)


def _reason(refused: dict[str, Any]) -> str:
    """The most exact of the reasons that a refused order is told."""
    names = ("new_order_failure_reason", "preview_failure_reason", "error")
    reasons = [_text(refused.get(name)) for name in names]
    return next((reason for reason in reasons if reason and not reason.startswith("UNKNOWN")), UNSAID)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def open_client(settings: VenueSettings) -> Any:
    """A client of the running loop. With a base URL, nothing but its host is ever reached."""
    options: dict[str, Any] = {
        "apiKey": settings.api_key.get_secret_value(),
        "secret": settings.secret.get_secret_value(),
        "timeout": settings.timeout_ms,
        # Public answers are otherwise up to a second old.
        "headers": {"Cache-Control": "no-cache"},
    }
    if settings.base_url is not None:
        base = settings.base_url.rstrip("/")
        urls = {"rest": base, "ws": f"{base.replace('http', 'ws', 1)}/ws"}
        options |= {"enableRateLimit": False, "urls": {"api": urls}, "session": one_host_session(base)}
    client = our_client()(options)
    client.number = str  # No floats in what it parses.
    client.own_session = True  # It closes the session that we gave it.
    return client
