"""ccxt's OKX client as we use it: errors carry the answer's status and code; one host only, if asked so."""

import re
from functools import cache
from typing import Any

from capitalino.venues.ccxt_import import client_class
from capitalino.venues.one_host import one_host_session
from capitalino.venues.settings import VenueSettings

DEADLINE = "expTime"
"""OKX does not execute an order that reaches it after this instant; it goes into the headers."""
CODE = re.compile(r"(\d{1,5})(_\d+)?\Z")
"""Some have a finer one behind them, such as 51008_1000."""


@cache
def our_client() -> type[Any]:
    """ccxt's class with two additions; made once, for importing it takes a moment."""

    class Client(client_class("okx")):  # type: ignore[misc]
        """Tells more about an error than its class, and sends a deadline with what must not come late."""

        def sign(self, path: str, api: Any, method: str, params: Any, *rest: Any) -> Any:
            """As ccxt does; only the deadline is taken out of the parameters first."""
            if DEADLINE not in params:
                return super().sign(path, api, method, params, *rest)
            asked = {name: value for name, value in params.items() if name != DEADLINE}
            signed = super().sign(path, api, method, asked, *rest)
            signed["headers"][DEADLINE] = params[DEADLINE]
            return signed

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
    """What an unhappy answer said. Of an order that was refused, the code and the words are its own."""

    def __init__(self, status: int, reply: Any, retry_after: str | None) -> None:
        told = reply if isinstance(reply, dict) else {}
        rows = told.get("data")
        first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
        code, message = told.get("code"), told.get("msg")
        if first.get("sCode") not in {None, "", "0"}:
            code, message = first["sCode"], first.get("sMsg")
        found = CODE.match(code) if isinstance(code, str) else None
        self.status = status
        self.code = found.group(1) if found else None
        self.message = message if isinstance(message, str) else ""
        self.retry_after_s = int(retry_after) if retry_after and retry_after.isdecimal() else None


def open_client(settings: VenueSettings) -> Any:
    """A client of the running loop. With a base URL, nothing but its host is ever reached."""
    options: dict[str, Any] = {
        "apiKey": settings.api_key.get_secret_value(),
        "secret": settings.secret.get_secret_value(),
        "password": settings.passphrase.get_secret_value(),
        "timeout": settings.timeout_ms,
        "options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}},
    }
    if settings.base_url is not None:
        base = settings.base_url.rstrip("/")
        urls = {"rest": base, "ws": f"{base.replace('http', 'ws', 1)}/ws/v5"}
        options |= {"enableRateLimit": False, "urls": {"api": urls}, "session": one_host_session(base)}
    client = our_client()(options)
    client.number = str  # No floats in what it parses.
    client.own_session = True  # It closes the session that we gave it.
    return client
