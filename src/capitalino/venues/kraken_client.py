"""ccxt's Kraken client as we use it: errors carry the answer's status; one host only, if asked so."""

from functools import cache
from typing import Any

from capitalino.venues.ccxt_import import client_class
from capitalino.venues.one_host import one_host_session
from capitalino.venues.port import Pair
from capitalino.venues.settings import VenueSettings


@cache
def our_client() -> type[Any]:
    """ccxt's class with one addition; made once, for importing it takes a moment."""

    class Client(client_class("kraken")):  # type: ignore[misc]
        """Tells more about an error than its class: the status, Kraken's errors, and when to come back."""

        def handle_errors(self, code: int, reason: str, url: str, method: str, *rest: Any) -> Any:
            """As ccxt does, with the facts of the answer attached."""
            headers, _body, reply = rest[:3]
            try:
                super().handle_errors(code, reason, url, method, *rest)
                self.handle_http_status_code(code, reason, url, method, "")
            except Exception as error:
                error.answer = Answer(code, reply, headers.get("Retry-After"))  # type: ignore[attr-defined]
                raise

    return Client


class Answer:
    """What an unhappy answer said."""

    def __init__(self, status: int, reply: Any, retry_after: str | None) -> None:
        told = reply.get("error") if isinstance(reply, dict) else None
        listed = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        self.status = status
        self.errors = tuple(error for error in listed if isinstance(error, str) and error)
        self.retry_after_s = int(retry_after) if retry_after and retry_after.isdecimal() else None


def open_client(settings: VenueSettings) -> Any:
    """A client of the running loop. With a base URL, nothing but its host is ever reached."""
    options: dict[str, Any] = {
        "apiKey": settings.api_key.get_secret_value(),
        "secret": settings.secret.get_secret_value(),
        "timeout": settings.timeout_ms,
    }
    if settings.base_url is not None:
        base = settings.base_url.rstrip("/")
        options |= {"enableRateLimit": False, "urls": {"api": _urls(base)}, "session": one_host_session(base)}
    client = our_client()(options)
    client.number = str  # No floats in what it parses.
    client.own_session = True  # It closes the session that we gave it.
    return client


def market(pair: Pair) -> dict[str, Any]:
    """As much of a market as the client needs to watch it."""
    names = {"id": str(pair), "symbol": str(pair), "base": pair.base, "quote": pair.quote}
    return {**names, "baseId": pair.base, "quoteId": pair.quote, "type": "spot", "spot": True}


def _urls(base: str) -> dict[str, Any]:
    live = base.replace("http", "ws", 1)
    return {
        "public": base,
        "private": base,
        # `v2` must be in it: that is how the client knows which ping to send.
        "ws": {"public": live, "private": live, "publicV2": f"{live}/v2", "privateV2": f"{live}/v2"},
    }
