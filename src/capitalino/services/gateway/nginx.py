"""The edge's configuration, made from the catalogue: who answers which path, what nginx says by itself."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from capitalino.kit.module import Module

ERRORS = {
    # what nginx decides: (what we answer, code, message)
    400: (400, "invalid_request", "The request is not well formed."),
    403: (403, "forbidden", "This is not yours to see."),
    404: (404, "not_found", "There is nothing here."),
    405: (405, "method_not_allowed", "This address does not know that method."),
    408: (408, "request_timeout", "The request took too long to arrive."),
    413: (413, "too_large", "The request is larger than 1 MiB."),
    414: (414, "address_too_long", "The address is too long."),
    416: (416, "range_not_satisfiable", "There is no such part of it."),
    429: (429, "rate_limited", "Too many requests: wait a little."),
    494: (431, "header_too_large", "The headers are too large."),
    495: (400, "invalid_request", "The client's certificate is not good."),
    496: (400, "invalid_request", "A client's certificate is needed."),
    497: (400, "invalid_request", "This address speaks HTTPS only."),
    500: (500, "INTERNAL_ERROR", "An unexpected error occurred"),
    502: (503, "service_unavailable", "This part of the platform is away for a moment: try again."),
    503: (503, "service_unavailable", "This part of the platform is away for a moment: try again."),
    504: (
        504,
        "service_unavailable",
        "No answer in time. It may or may not have happened: look before you repeat it.",
    ),
}
FORMS = {"error": "application/json", "problem": "application/problem+json"}
"""In which forms nginx tells them; `problem` for who asks for it, as `kit/http.py` does."""
RETRY_AFTER_S = {429: 1, 503: 2, 504: 2}
SPOOFABLE = (
    "Forwarded",
    "Proxy",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-User-ID",
    "X-Principal",
    "X-Forwarded-Prefix",
)
"""Headers that only a proxy of ours may set: whatever a client sends under these names is dropped."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "X-Request-ID": "$$request_key",
    "Strict-Transport-Security": "$$strict_transport",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=()",
}
DOCS = Path(__file__).parent / "docs"
TEMPLATE = Template((Path(__file__).parent / "nginx.conf.template").read_text())


@dataclass(frozen=True, slots=True)
class Edge:
    """Everything about the edge that is not in the catalogue. Addresses are `host:port`."""

    listen: str
    folder: Path
    """For its pid and temporary files."""
    web: Path
    log: Path
    openapi: Path
    """The API's document."""
    asyncapi: Path
    """The document of what comes by itself."""
    docs_ui: Path
    """The page that shows it: swagger-ui's own files."""
    services: Mapping[str, str]
    live: str
    docs: Path = DOCS
    tls: "Tls | None" = None
    sandbox: str | None = None
    development: bool = True
    is_root: bool = False
    requests_per_s: int = 1000
    burst: int = 2000
    connections: int = 2000
    entries_per_s: int = 15
    """To where passwords are hashed, from everybody together: more would only wait there, and cost others."""
    """Generous, for development: production passes its own."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Where the edge speaks TLS too, and what it shows there."""

    listen: str
    chain: Path
    key: Path
    is_strict: bool = False
    """Browsers are told to come over TLS only: for good, and whatever the port, so never while developing."""


def configuration(modules: Iterable[Module], edge: Edge) -> str:
    """The whole text of `nginx.conf`."""
    served = [module for module in modules if module.name in edge.services]
    upstreams = [_upstream(name, address) for name, address in edge.services.items()]
    upstreams.append(_upstream("live", edge.live))
    if edge.sandbox:
        upstreams.append(_upstream("sandbox", edge.sandbox))
    return TEMPLATE.substitute(
        user="user root;" if edge.is_root else "",
        pid=edge.folder / "nginx.pid",
        folder=edge.folder,
        log=edge.log,
        listen=edge.listen,
        tls=_tls(edge.tls) if edge.tls else "",
        strict_transport="max-age=31536000; includeSubDomains" if edge.tls and edge.tls.is_strict else "",
        web=edge.web,
        openapi=edge.openapi,
        asyncapi=edge.asyncapi,
        docs=edge.docs,
        docs_ui=edge.docs_ui,
        rate=edge.requests_per_s,
        burst=edge.burst,
        connections=edge.connections,
        entries=edge.entries_per_s,
        upstreams="\n".join(upstreams),
        proxy_headers=_proxy_headers(),
        headers=_headers(4),
        page_headers=_headers(6, csp=True),
        api_headers=_headers(6),
        error_pages="\n".join(f"    error_page {status} = /-/$failure_form/{status};" for status in ERRORS),
        errors="\n".join(_error(status, form) for form in FORMS for status in ERRORS),
        routes="\n".join(_route(module, edge) for module in served if module.words),
        sandbox=SANDBOX if edge.sandbox and edge.development else "",
    )


def _tls(tls: Tls) -> str:
    return f"""
    listen {tls.listen} ssl default_server backlog=2048;
    http2 on;
    ssl_certificate {tls.chain};
    ssl_certificate_key {tls.key};
    ssl_protocols TLSv1.3;
    ssl_session_cache shared:tls:10m;
    ssl_session_timeout 1h;
    ssl_session_tickets off;"""


SANDBOX = """\
    location = /sandbox {
      return 302 /sandbox/;
    }
    location /sandbox/ {
      proxy_pass http://sandbox/;
    }
"""


def words_of(module: Module) -> tuple[str, ...]:
    """The first words that are routed to a service. `ws` itself is the hub's."""
    return tuple(sorted(word for word in module.words if word not in module.internal))


def _route(module: Module, edge: Edge) -> str:
    words = "|".join(word for word in words_of(module) if word != "ws")
    entrance = "".join(_entrance(module.name, path, edge) for path in module.entrance)
    socket = "|ws/.+" if "ws" in module.words else ""
    paths = f"(?:(?:{words})(?:/.*)?{socket}|admin/{module.name}(?:/.*)?)"
    return f"""\
{entrance}    location ~ ^/api/v1/{paths}$ {{
      proxy_pass http://{module.name};
    }}"""


def _entrance(service: str, path: str, edge: Edge) -> str:
    """What is allowed by address holds there too: a location that has limits of its own inherits none.

    A crowd waits its turn, for a second at most, so that it comes one by one; more are refused.
    """
    return f"""\
    location = /api/v1/{path} {{
      limit_req zone=requests burst={edge.burst} nodelay;
      limit_req zone=entries burst={edge.entries_per_s};
      proxy_pass http://{service};
    }}
"""


def _upstream(name: str, address: str) -> str:
    return f"""\
  upstream {name} {{
    server {address};
    keepalive 64;
  }}"""


def _headers(indent: int, *, csp: bool = False) -> str:
    chosen = {**HEADERS, **({"Content-Security-Policy": CSP} if csp else {})}
    lines = [f'add_header {name} "{value}" always;' for name, value in chosen.items()]
    return ("\n" + " " * indent).join(lines).replace("$$", "$")


def _proxy_headers() -> str:
    lines = [f'proxy_set_header {name} "";' for name in SPOOFABLE]
    return "\n    ".join(lines)


def _error(status: int, form: str) -> str:
    answered, code, message = ERRORS[status]
    body = json.dumps(_problem(answered, code, message) if form == "problem" else _failure(code, message))
    quoted = body.replace("'", "\\'")
    again = (
        f'\n      add_header Retry-After "{RETRY_AFTER_S[answered]}" always;'
        if answered in RETRY_AFTER_S
        else ""
    )
    return f"""\
    location = /-/{form}/{status} {{
      internal;
      default_type {FORMS[form]};
      {_headers(6)}
      add_header Cache-Control "no-store" always;{again}
      return {answered} '{quoted}';
    }}"""


def _failure(code: str, message: str) -> dict[str, Any]:
    error = {"code": code, "message": message, "details": {}}
    return {"success": False, "error": error, "meta": {"request_id": "$request_key"}}


def _problem(status: int, code: str, message: str) -> dict[str, Any]:
    told = {"type": "about:blank", "title": message, "status": status, "code": code}
    return {**told, "details": {}, "instance": "urn:request:$request_key"}
