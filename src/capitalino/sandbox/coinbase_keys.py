"""Whether a request to Coinbase was signed by our key: older keys sign by HMAC, newer ones make a token."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from capitalino.sandbox.altered import altered
from capitalino.sandbox.binance_asked import Key
from capitalino.sandbox.coinbase_refusals import SHUT_OUT, Refused, unauthenticated

SIGNATURE_LIVES_S = 30


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, as far as it is signed. The path is Coinbase's own, without where it is mounted."""

    method: str
    path: str
    query: str
    body: str
    headers: Mapping[str, str]

    @property
    def signed(self) -> str:
        """What a signature by HMAC covers: the older calls with their query, the newer ones without."""
        is_newer = self.path.startswith("/api/v3/")
        query = f"?{self.query}" if self.query and not is_newer else ""
        return f"{self.method}{self.path}{query}{self.body}"


def check(key: Key, sent: Sent, now_ms: int) -> None:
    """Refuse what the key has not signed, or not just now."""
    bearer, _, token = sent.headers.get("Authorization", "").partition(" ")
    if bearer == "Bearer":
        _check_token(key, sent, token, now_ms)
    else:
        _check_signature(key, sent, now_ms)


def _check_signature(key: Key, sent: Sent, now_ms: int) -> None:
    if altered().is_key_revoked or sent.headers.get("CB-ACCESS-KEY") != key.name:
        raise unauthenticated("invalid api key")
    at = sent.headers.get("CB-ACCESS-TIMESTAMP", "")
    right = hmac.new(key.secret.encode(), (at + sent.signed).encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), sent.headers.get("CB-ACCESS-SIGN", "").encode()):
        raise unauthenticated("invalid signature")
    if not at.isascii() or not at.isdecimal() or abs(now_ms - int(at) * 1000) > SIGNATURE_LIVES_S * 1000:
        raise unauthenticated("request timestamp expired")


def _check_token(key: Key, sent: Sent, token: str, now_ms: int) -> None:
    """A token names its one request; its own claims say from when and until when it is valid."""
    public = _public(key.secret)
    try:
        if (
            altered().is_key_revoked
            or public is None
            or jwt.get_unverified_header(token).get("kid") != key.name
        ):
            raise Refused(SHUT_OUT, 401)
        is_older = isinstance(public, EllipticCurvePublicKey)
        claims: dict[str, Any] = jwt.decode(
            token,
            public,
            algorithms=["ES256" if is_older else "EdDSA"],
            audience="retail_rest_api_proxy" if is_older else "cdp_service",
            issuer="coinbase-cloud" if is_older else "cdp",
            # Its times are judged by the exchange's own clock, below.
            options={"require": ["exp", "nbf", "sub"], "verify_exp": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError:
        raise Refused(SHUT_OUT, 401) from None
    if not claims["nbf"] * 1000 <= now_ms < claims["exp"] * 1000:
        raise Refused(SHUT_OUT, 401)
    listed = claims.get("uris")
    named = [claims.get("uri"), *(listed if isinstance(listed, list) else [])]
    if claims["sub"] != key.name or not any(_is_of(sent, uri) for uri in named):
        raise Refused(SHUT_OUT, 401)


def _is_of(sent: Sent, uri: Any) -> bool:
    """The host is whatever we are reached by."""
    return isinstance(uri, str) and uri.startswith(f"{sent.method} ") and uri.endswith(sent.path)


def _public(secret: str) -> EllipticCurvePublicKey | Ed25519PublicKey | None:
    """The public half of a secret; an older secret has none."""
    try:
        if secret.startswith("-----BEGIN"):
            found = load_pem_private_key(secret.encode(), None).public_key()
            return found if isinstance(found, EllipticCurvePublicKey) else None
        seed = base64.b64decode(secret, validate=True)[:32]
        return Ed25519PrivateKey.from_private_bytes(seed).public_key()
    except (ValueError, binascii.Error):
        return None
