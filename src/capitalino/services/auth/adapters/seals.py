"""Sealing what must be read again, and finding what must not: all of auth's secrets go through here."""

import hmac
from base64 import b64decode
from typing import Literal

from capitalino.kit.crypto import (
    FOR_DEVELOPMENT,
    Key,
    KeyRing,
    blind_index,
    place_of,
    seal,
    unseal,
)
from capitalino.services.auth.settings import AuthSettings

SIZE_BYTES = 2
DATA_KEY = "v"


class Seals:
    """Each value has a data key beside it, sealed with the service's key: changing that one is quick."""

    def __init__(self, ring: KeyRing, index_key: bytes) -> None:
        self.ring = ring
        self._index = Key("index", _derived(index_key, "index"))
        self.chain_key = _derived(index_key, "refresh")
        """Makes refresh secrets from those before."""

    @classmethod
    def of(cls, settings: AuthSettings, mode: Literal["development", "production"]) -> "Seals":
        """From the settings. Without keys, development goes on with some that everybody knows."""
        if mode == "production" and not (settings.keys and settings.index_key):
            raise ValueError("production needs CAPITALINO_AUTH_KEYS and CAPITALINO_AUTH_INDEX_KEY")
        ring = KeyRing.told(settings.keys.get_secret_value() if settings.keys else None)
        secret = settings.index_key.get_secret_value() if settings.index_key else ""
        return cls(ring, b64decode(secret, validate=True) or FOR_DEVELOPMENT.secret)

    def seal(self, plain: str, table: str, column: str, row: object) -> bytes:
        """Seal a text for one place; nowhere else can it be opened."""
        place = place_of(table, column, row)
        key, stored = self.ring.new_data_key(DATA_KEY, place)
        return _joined(stored, seal(key, plain.encode(), place))

    def open(self, sealed: bytes, table: str, column: str, row: object) -> str:
        """The text again; Unreadable when it is not ours, not from this place, or was changed."""
        place = place_of(table, column, row)
        stored, value = _parts(sealed)
        return unseal(self.ring.data_key(stored, place), value, place).decode()

    def again(self, sealed: bytes, place: str) -> bytes:
        """The same value, its data key sealed with the present key."""
        stored, value = _parts(sealed)
        return _joined(self.ring.sealed_again(stored, place), value)

    def index(self, text: str, column: str) -> bytes:
        """A keyed hash: finds the same text again, tells nothing to who has only the database."""
        return blind_index(self._index, column, text)


def _joined(stored: bytes, value: bytes) -> bytes:
    return len(stored).to_bytes(SIZE_BYTES, "big") + stored + value


def _parts(sealed: bytes) -> tuple[bytes, bytes]:
    end = SIZE_BYTES + int.from_bytes(sealed[:SIZE_BYTES], "big")
    return sealed[SIZE_BYTES:end], sealed[end:]


def _derived(key: bytes, use: str) -> bytes:
    return hmac.digest(key, f"capitalino.auth.{use}".encode(), "sha256")
