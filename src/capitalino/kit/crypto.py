"""Secrets at rest: sealed fields, data keys below a key-encryption key, blind indexes, random secrets.

A person's fields are sealed with a data key of that person, and this one with the key-encryption key (KEK).
Who destroys the data key erases the person; who changes the KEK seals the data keys again, and nothing else.
"""

import hashlib
import hmac
import os
import re
import secrets
from base64 import b64decode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
SECRET_BYTES = 32
FORMAT = b"\x01"
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


class Unreadable(Exception):
    """Not sealed with this key, for this place, or changed since. Never tells which."""


@dataclass(frozen=True, slots=True)
class Key:
    """32 secret bytes and the name under which they are found again."""

    key_id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no key."""
        if not KEY_ID.match(self.key_id) or len(self.secret) != KEY_BYTES:
            raise ValueError("a key has an id of letters, digits, '.', '_', '-', and 32 bytes")


def place_of(table: str, column: str, row: object) -> str:
    """Where a sealed value belongs. Moved to another row or column, it is unreadable."""
    return f"{table}:{column}:{row}"


def seal(key: Key, plain: bytes, place: str) -> bytes:
    """AES-256-GCM. The result names its key: format, length of the id, the id, nonce, ciphertext with tag."""
    nonce = os.urandom(NONCE_BYTES)
    head = FORMAT + bytes((len(key.key_id),)) + key.key_id.encode()
    return head + nonce + AESGCM(key.secret).encrypt(nonce, plain, head + place.encode())


def unseal(key: Key, sealed: bytes, place: str) -> bytes:
    """What was sealed; Unreadable otherwise."""
    if key_id_of(sealed) != key.key_id:
        raise Unreadable
    head, rest = _split(sealed)
    try:
        return AESGCM(key.secret).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + place.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def key_id_of(sealed: bytes) -> str:
    """The id of the key that it was sealed with."""
    head, _ = _split(sealed)
    return head[2:].decode("ascii", errors="replace")


def _split(sealed: bytes) -> tuple[bytes, bytes]:
    if len(sealed) < 2 + NONCE_BYTES or sealed[:1] != FORMAT:
        raise Unreadable
    end = 2 + sealed[1]
    return sealed[:end], sealed[end:]


class KeyRing:
    """The key-encryption keys: the first one seals, the others still open what they sealed."""

    def __init__(self, keys: list[Key]) -> None:
        self._keys = {key.key_id: key for key in keys}
        if not keys or len(self._keys) != len(keys):
            raise ValueError("a key ring has at least one key, and every id once")
        self._first = keys[0]

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """From a setting: `id:base64` of each key, the present one first, with commas between them."""
        pairs = [one.strip().partition(":") for one in text.split(",")]
        return cls([Key(key_id, b64decode(secret, validate=True)) for key_id, _, secret in pairs])

    def new_data_key(self, key_id: str, place: str) -> tuple[Key, bytes]:
        """A new data key, and what to store of it."""
        made = Key(key_id, os.urandom(KEY_BYTES))
        return made, seal(self._first, made.secret + key_id.encode(), place)

    def data_key(self, stored: bytes, place: str) -> Key:
        """The data key that was stored."""
        kek = self._keys.get(key_id_of(stored))
        if kek is None:
            raise Unreadable
        plain = unseal(kek, stored, place)
        return Key(plain[KEY_BYTES:].decode(), plain[:KEY_BYTES])

    def is_current(self, stored: bytes) -> bool:
        """Whether the present key sealed it: if not, the re-encryption loop seals it again."""
        return key_id_of(stored) == self._first.key_id

    def sealed_again(self, stored: bytes, place: str) -> bytes:
        """The same data key, sealed with the present key."""
        key = self.data_key(stored, place)
        return seal(self._first, key.secret + key.key_id.encode(), place)


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
