"""Requests that an API key has signed (Ed25519): each is good for half a minute, from its addresses, once.

`Authorization: Signature <key id>:<unix seconds>:<nonce>:<signature>`; what is signed is `text_of`.
"""

import hashlib
import ipaddress
import re
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Request
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from capitalino.kit.auth.principals import KEY_USED, NONCE, PASS, EpochUnknown
from capitalino.kit.errors import Unauthenticated

log = structlog.get_logger()
SCHEME = "signature"
AUDIENCE = "capitalino:api-key"
VERSION = "capitalino-v1"
WINDOW_S = 30
NONCE_KEPT_S = 2 * WINDOW_S + 5
"""A request from the edge of the window ahead may be repeated until it is at the edge behind."""
USED_KEPT_S = 7 * 86_400
SHOWN = re.compile(
    r"(?P<key>[0-9a-f-]{36}):(?P<time>\d{10}):(?P<nonce>[A-Za-z0-9_-]{16,64}):(?P<sign>[A-Za-z0-9_-]{86})\Z"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the header says."""

    key_id: UUID
    unix_s: int
    nonce: str
    signature: bytes


def shown(authorization: str) -> Shown:
    """The parts of the header; Unauthenticated when it has others."""
    scheme, _, rest = authorization.partition(" ")
    found = SHOWN.match(rest.strip())
    if scheme.lower() != SCHEME or found is None:
        raise Unauthenticated("The signature is not well formed.")
    try:
        key_id = UUID(found["key"])
    except ValueError:
        raise Unauthenticated("The signature is not well formed.") from None
    return Shown(key_id, int(found["time"]), found["nonce"], urlsafe_b64decode(found["sign"] + "=="))


def text_of(  # noqa: PLR0917  # what is signed, in the order in which it is signed
    method: str, path: str, query: str, body: bytes, unix_s: int, nonce: str, idempotency_key: str = ""
) -> bytes:
    """What is signed: everything that decides what the request does."""
    digest = hashlib.sha256(body).hexdigest()
    parts = (VERSION, method, path, query, digest, str(unix_s), nonce, idempotency_key)
    return "\n".join(parts).encode()


async def stored_pass(cache: Valkey, key_id: UUID) -> str:
    """What auth says of the key. Unauthenticated for one that it does not know."""
    try:
        found = await cache.get(PASS.format(key_id=key_id))
    except (ValkeyError, OSError, TimeoutError) as error:
        log.warning("passes.unreadable", error=type(error).__name__)
        raise EpochUnknown("API keys cannot be checked now.") from error
    if found is None:
        raise Unauthenticated("This API key is not known, or is over.")
    return str(found.decode())


async def check(request: Request, what: Shown, claims: dict[str, Any]) -> str:
    """Unauthenticated unless the key has signed this request, just now, from one of its addresses.

    The address that it comes from.
    """
    if abs(time.time() - what.unix_s) > WINDOW_S:
        raise Unauthenticated("The signature is too old, or from a time to come.", window_s=WINDOW_S)
    client = request.client.host if request.client else ""
    address = request.headers.get("x-real-ip", client)
    if claims["networks"] and not _is_in(address, claims["networks"]):
        raise Unauthenticated("This API key may not be used from here.")
    if request.headers.get("content-type", "application/json").partition(";")[0] != "application/json":
        raise Unauthenticated("Only requests without a body or with JSON can be signed.")
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    text = text_of(
        request.method,
        path.partition(b"?")[0].decode("latin-1"),
        request.scope.get("query_string", b"").decode("latin-1"),
        await request.body(),
        what.unix_s,
        what.nonce,
        request.headers.get("idempotency-key", ""),
    )
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(claims["key"])).verify(what.signature, text)
    except (InvalidSignature, ValueError) as error:
        raise Unauthenticated("The signature is not good.") from error
    return address


async def use(cache: Valkey, what: Shown, address: str) -> None:
    """Use up the nonce, which fails closed; and keep when the key was used, which may fail."""
    try:
        is_new = await cache.set(
            NONCE.format(key_id=what.key_id, nonce=what.nonce), 1, nx=True, ex=NONCE_KEPT_S
        )
    except (ValkeyError, OSError, TimeoutError) as error:
        log.warning("nonces.unwritable", error=type(error).__name__)
        raise EpochUnknown("API keys cannot be checked now.") from error
    if not is_new:
        raise Unauthenticated("This request was sent before.")
    try:
        await cache.set(KEY_USED.format(key_id=what.key_id), f"{int(time.time())} {address}", ex=USED_KEPT_S)
    except (ValkeyError, OSError, TimeoutError) as error:
        log.warning("key_use.not_kept", error=type(error).__name__)


def _is_in(address: str, networks: list[str]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks)
