"""Secrets that are only compared: random ones, and keyed hashes by which sealed values are found."""

import hashlib
import hmac
import secrets

from capitalino.kit.crypto.sealing import Key

SECRET_BYTES = 32


def blind_index(key: Key, column: str, text: str) -> bytes:
    """Finds a sealed value by equality. The caller writes `text` in one normal form (e-mail: lower case)."""
    named = column.encode()
    return hmac.digest(key.secret, len(named).to_bytes(2, "big") + named + text.encode(), "sha256")


def equal(one: str | bytes, other: str | bytes) -> bool:
    """Equality that takes as long for a near miss as for any other."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def new_secret(size_bytes: int = SECRET_BYTES) -> str:
    """A random secret for a link, a cookie or a ticket. Stored only as its `secret_hash`."""
    return secrets.token_urlsafe(size_bytes)


def secret_hash(secret: str) -> bytes:
    """What is stored of a random secret. One fast round is right for these, and wrong for passwords."""
    return hashlib.sha256(secret.encode()).digest()
