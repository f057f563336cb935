"""Sealing what must be read again, and finding what must not: all of auth's secrets go through here."""

import hashlib
import hmac
from base64 import b64decode
from typing import Literal

from capitalino.kit.crypto import Key, KeyRing, blind_index, place_of, seal, unseal
from capitalino.services.auth.settings import AuthSettings

SIZE_BYTES = 2
DATA_KEY = "v"
KNOWN_TO_ALL = hashlib.sha256(b"capitalino: for development only").digest()


class Seals:
    """Each value has a data key beside it, sealed with the service's key: changing that one is quick."""

    def __init__(self, ring: KeyRing, index_key: bytes) -> None:
        self._ring = ring
        self._index = Key("index", _derived(index_key, "index"))
        self.chain_key = _derived(index_key, "refresh")
        """Makes refresh secrets from those before."""

    @classmethod
    def of(cls, settings: AuthSettings, mode: Literal["development", "production"]) -> "Seals":
        """From the settings. Without keys, development goes on with some that everybody knows."""
        if mode == "production" and not (settings.keys and settings.index_key):
            raise ValueError("production needs CAPITALINO_AUTH_KEYS and CAPITALINO_AUTH_INDEX_KEY")
        ring = (
            KeyRing.parse(named(settings.keys.get_secret_value()))
            if settings.keys
            else KeyRing([Key("development", KNOWN_TO_ALL)])
        )
        secret = settings.index_key.get_secret_value() if settings.index_key else ""
        return cls(ring, b64decode(secret, validate=True) or KNOWN_TO_ALL)

    def seal(self, plain: str, table: str, column: str, row: object) -> bytes:
        """Seal a text for one place; nowhere else can it be opened."""
        place = place_of(table, column, row)
        key, stored = self._ring.new_data_key(DATA_KEY, place)
        return len(stored).to_bytes(SIZE_BYTES, "big") + stored + seal(key, plain.encode(), place)

    def open(self, sealed: bytes, table: str, column: str, row: object) -> str:
        """The text again; Unreadable when it is not ours, not from this place, or was changed."""
        place = place_of(table, column, row)
        end = SIZE_BYTES + int.from_bytes(sealed[:SIZE_BYTES], "big")
        key = self._ring.data_key(sealed[SIZE_BYTES:end], place)
        return unseal(key, sealed[end:], place).decode()

    def index(self, text: str, column: str) -> bytes:
        """A keyed hash: finds the same text again, tells nothing to who has only the database."""
        return blind_index(self._index, column, text)


def named(keys: str) -> str:
    """Keys as the ring reads them: a single one may come without its id."""
    return keys if ":" in keys else f"k1:{keys}"


def _derived(key: bytes, use: str) -> bytes:
    return hmac.digest(key, f"capitalino.auth.{use}".encode(), "sha256")
