"""ccxt's Binance client as we use it: errors carry the answer's status; one host only, if asked so."""

from functools import cache
from typing import Any

from capitalino.venues.ccxt_import import client_class
from capitalino.venues.one_host import one_host_session
from capitalino.venues.settings import VenueSettings


@cache
def our_client() -> type[Any]:
    """ccxt's class with two additions; made once, for importing it takes a moment."""

    class Client(client_class("binance")):  # type: ignore[misc]
        """Tells more about an error than its class: the status, Binance's code, and when to come back."""

        def get_exceptions_by_url(self, _url: str, kind: str) -> Any:
            """Spot's errors, also when the base URL is not Binance's own."""
            return self.safe_dict(self.exceptions["spot"], kind, {})

        def handle_errors(self, code: int, reason: str, url: str, method: str, *rest: Any) -> Any:
            """As ccxt does, with the facts of the answer attached."""
            headers, _body, reply = rest[:3]
            try:
                super().handle_errors(code, reason, url, method, *rest)
                self.handle_http_status_code(code, reason, url, method, "")
            except Exception as error:
                told = reply if isinstance(reply, dict) else {}
                error.answer = Answer(code, told.get("code"), told.get("msg"), headers.get("Retry-After"))  # type: ignore[attr-defined]
                raise

    return Client


class Answer:
    """What an unhappy answer said."""

    def __init__(self, status: int, code: Any, message: Any, retry_after: str | None) -> None:
        self.status = status
        self.code = code if isinstance(code, int) else None
        self.message = message if isinstance(message, str) else ""
        self.retry_after_s = int(retry_after) if retry_after and retry_after.isdecimal() else None


def open_client(settings: VenueSettings) -> Any:
    """A client of the running loop. With a base URL, nothing but its host is ever reached."""
    options: dict[str, Any] = {
        "apiKey": settings.api_key.get_secret_value(),
        "secret": settings.secret.get_secret_value(),
        "timeout": settings.timeout_ms,
        "options": {
            "defaultType": "spot",
            "fetchMarkets": {"types": ["spot"]},
            "fetchMargins": False,
            "fetchCurrencies": False,
            "crossMarginPairsData": [],
            "isolatedMarginPairsData": [],
        },
    }
    if settings.base_url is not None:
        base = settings.base_url.rstrip("/")
        options |= {"enableRateLimit": False, "urls": {"api": _urls(base)}, "session": one_host_session(base)}
    client = our_client()(options)
    client.number = str  # No floats in what it parses.
    client.own_session = True  # It closes the session that we gave it.
    return client


def _urls(base: str) -> dict[str, Any]:
    live = base.replace("http", "ws", 1)
    return {
        "public": f"{base}/api/v3",
        "private": f"{base}/api/v3",
        "v1": f"{base}/api/v1",
        "sapi": f"{base}/sapi/v1",
        **{f"sapiV{version}": f"{base}/sapi/v{version}" for version in (2, 3, 4)},
        # `/stream` must be in it: that is how the client knows the spot market's streams.
        "ws": {"spot": f"{live}/stream/ws", "ws-api": {"spot": f"{live}/ws-api/v3"}},
    }
