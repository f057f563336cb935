"""Sealing one value with one key, for one place."""

import os
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
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
    head = head_of(key)
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


def head_of(key: Key) -> bytes:
    return FORMAT + bytes((len(key.key_id),)) + key.key_id.encode()


def _split(sealed: bytes) -> tuple[bytes, bytes]:
    if len(sealed) < 2 + NONCE_BYTES or sealed[:1] != FORMAT:
        raise Unreadable
    end = 2 + sealed[1]
    return sealed[:end], sealed[end:]
