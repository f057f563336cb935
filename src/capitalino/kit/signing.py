"""Signing the head of a chain, so that who can write to the database still cannot write another history."""

import hashlib
from base64 import b64decode
from collections.abc import Sequence
from typing import Literal, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from capitalino.kit.crypto import Key

Mode = Literal["development", "production"]
KNOWN_TO_ALL = hashlib.sha256(b"capitalino: for development only").digest()


class Signer:
    """Ed25519 keys: the first one signs, what the others have signed is still verified."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = {key.key_id: Ed25519PrivateKey.from_private_bytes(key.secret) for key in keys}
        if not keys or len(self._keys) != len(keys):
            raise ValueError("there is at least one key to sign with, and every id once")
        self.key_id = keys[0].key_id

    @classmethod
    def of(cls, setting: SecretStr | None, name: str, mode: Mode) -> Self:
        """From the setting of that name. Without keys, development goes on with one that everybody knows."""
        if setting is None:
            if mode == "production":
                raise ValueError(f"production needs {name}")
            return cls([Key("development", KNOWN_TO_ALL)])
        text = setting.get_secret_value()
        pairs = [one.strip().partition(":") for one in (text if ":" in text else f"k1:{text}").split(",")]
        return cls([Key(key_id, b64decode(secret, validate=True)) for key_id, _, secret in pairs])

    def sign(self, message: bytes) -> bytes:
        """The signature of the present key."""
        return self._keys[self.key_id].sign(message)

    def public_key(self, key_id: str) -> bytes | None:
        """The public half of a key, 32 bytes; None when it is not ours."""
        key = self._keys.get(key_id)
        return key.public_key().public_bytes_raw() if key else None

    def has_signed(self, key_id: str, message: bytes, signature: bytes) -> bool:
        """Whether it is that key's signature of just this. False also for a key that is none of ours."""
        key = self._keys.get(key_id)
        if key is None:
            return False
        try:
            key.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return True
