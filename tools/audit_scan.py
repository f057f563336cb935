"""The part of the audit that looks at a stack from outside: it starts one, asks, and stops it."""

import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support.stack import Stack

HEADERS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "x-frame-options",
    "permissions-policy",
)
STRANGE = (
    "/.git/config",
    "/.env",
    "/server-status",
    "/api/v1/../../etc/passwd",
    "/assets/",
    "/metrics",
    "/debug",
)
METHODS = ("TRACE", "CONNECT", "PUT", "DELETE", "PROPFIND")
UNKNOWN_TOKENS = ("Bearer x", "Bearer " + "a." * 2 + "a", "Basic YTph", "Signature x")
Check = Callable[[Stack, httpx.Client], Iterator[str]]


def scan(place: Path) -> tuple[list[str], list[str]]:
    """What was looked at, and what was found."""
    place.chmod(0o755)
    stack = Stack.start(place, "many")
    looked, found = [], []
    try:
        with httpx.Client(base_url=stack.tls_url, verify=stack.trust, trust_env=False) as web:
            for check in CHECKS:
                trouble = list(check(stack, web))
                looked.append(f"{check.__doc__} {'Findings above.' if trouble else 'Holds.'}")
                found += trouble
    finally:
        stack.stop()
    return looked, found


def versions(stack: Stack, _: httpx.Client) -> Iterator[str]:
    """Only TLS 1.3 is spoken."""
    address = ("127.0.0.1", int(stack.tls_url.rpartition(":")[2]))
    for old in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_1):
        trust = stack.trust
        trust.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        trust.maximum_version = old
        try:
            with (
                socket.create_connection(address, 5) as plain,
                trust.wrap_socket(plain, server_hostname="localhost"),
            ):
                yield f"{old.name} is spoken"
        except (ssl.SSLError, ConnectionError):
            continue


def headers(_: Stack, web: httpx.Client) -> Iterator[str]:
    """Pages and answers carry their security headers, and no version of a server."""
    page, answer = web.get("/"), web.get("/api/v1/balances")
    for name in HEADERS:
        if name not in page.headers:
            yield f"a page has no {name}"
        if name not in answer.headers and name != "content-security-policy":
            yield f"an answer has no {name}"
    for told in (page, answer):
        if (
            any(letter.isdigit() for letter in told.headers.get("server", ""))
            or "x-powered-by" in told.headers
        ):
            yield "a server names its version"
    if answer.headers.get("cache-control") != "no-store":
        yield "an answer may be stored on its way"


def cookies(_: Stack, web: httpx.Client) -> Iterator[str]:
    """Cookies are set by signing in alone."""
    for path in ("/", "/api/docs", "/api/v1/jwks", "/api/v1/balances"):
        if web.get(path).headers.get_list("set-cookie"):
            yield f"{path} sets a cookie"


def strangers(_: Stack, web: httpx.Client) -> Iterator[str]:
    """What is not ours to show is not there."""
    for path in STRANGE:
        answer = web.get(path)
        if answer.is_success and "text/html" not in answer.headers.get("content-type", ""):
            yield f"{path} answers {answer.status_code} {answer.headers.get('content-type')}"
        if any(word in answer.text for word in ("root:", "[core]", "Traceback", "site-packages")):
            yield f"{path} tells of our insides"


def methods(_: Stack, web: httpx.Client) -> Iterator[str]:
    """Methods that no address has are refused."""
    for method in METHODS:
        for path in ("/", "/api/v1/balances"):
            if web.request(method, path).is_success:
                yield f"{method} {path} is taken"


def doors(_: Stack, web: httpx.Client) -> Iterator[str]:
    """Every route that needs a token refuses whoever has none, or a false one; no refusal shows a stack."""
    document = web.get("/api/openapi.json").json()
    for path, operations in document["paths"].items():
        address = path.replace("{", "0").replace("}", "0")
        for method, about in operations.items():
            if not isinstance(about, dict) or "security" not in about:
                continue
            for token in ("", *UNKNOWN_TOKENS):
                header = {"Authorization": token} if token else {}
                answer = web.request(method.upper(), address, headers=header)
                if answer.status_code not in {401, 429}:
                    yield f"{method.upper()} {path} answers {answer.status_code} to {token or 'no token'}"
                if "Traceback" in answer.text:
                    yield f"{method.upper()} {path} shows a stack"


def sockets(stack: Stack, _: httpx.Client) -> Iterator[str]:
    """Everything listens on this machine only."""
    for one in stack.processes():
        for listening in _listening(one):
            if not listening.startswith("127."):
                yield f"{one.name()} listens on {listening}"


def files(stack: Stack, _: httpx.Client) -> Iterator[str]:
    """Secrets are their owner's alone."""
    for path in (stack.var / "secrets").iterdir():
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield f"{path.name} is open to others"


def arguments(stack: Stack, _: httpx.Client) -> Iterator[str]:
    """No password is in the arguments of a process."""
    passwords = (stack.var / "secrets" / "passwords.json").read_text()
    known = {word.strip('",') for word in passwords.split() if len(word) > 24}
    for one in stack.processes():
        said: Any = " ".join(one.cmdline())
        if any(word in said for word in known):
            yield f"{one.name()} shows a password"


def _listening(process: psutil.Process) -> list[str]:
    return [one.laddr.ip for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN]


CHECKS: tuple[Check, ...] = (
    versions,
    headers,
    cookies,
    strangers,
    methods,
    doors,
    sockets,
    files,
    arguments,
)
