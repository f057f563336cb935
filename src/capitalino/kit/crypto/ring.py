"""Data keys below key-encryption keys, and the keys that are held at a time."""

import hashlib
import os
from base64 import b64decode

from capitalino.kit.crypto.sealing import KEY_BYTES, Key, Unreadable, head_of, key_id_of, seal, unseal

FOR_DEVELOPMENT = Key("development", hashlib.sha256(b"capitalino: for development only").digest())
"""Known to everybody: production refuses to start with it."""


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

    @classmethod
    def told(cls, setting: str | None) -> "KeyRing":
        """The same, where a single key may come without its id (`k1`), and none is everybody's."""
        if setting is None:
            return cls([FOR_DEVELOPMENT])
        return cls.parse(setting if ":" in setting else f"k1:{setting}")

    @property
    def has_older(self) -> bool:
        """Whether there are keys that open only."""
        return len(self._keys) > 1

    @property
    def key_ids(self) -> list[str]:
        """The present one first."""
        return list(self._keys)

    @property
    def head(self) -> bytes:
        """What everything begins with that the present key has sealed."""
        return head_of(self._first)

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

    def sealed_again(self, stored: bytes, place: str) -> bytes:
        """The same data key, sealed with the present key."""
        key = self.data_key(stored, place)
        return seal(self._first, key.secret + key.key_id.encode(), place)
