"""Secrets at rest: sealed fields, data keys below a key-encryption key, blind indexes, random secrets.

A person's fields are sealed with a data key of that person, and this one with the key-encryption key (KEK).
Who destroys the data key erases the person; who changes the KEK seals the data keys again, and nothing else.
"""

from capitalino.kit.crypto.hashes import blind_index, equal, new_secret, secret_hash
from capitalino.kit.crypto.ring import FOR_DEVELOPMENT, KeyRing
from capitalino.kit.crypto.sealing import (
    KEY_BYTES,
    Key,
    Unreadable,
    key_id_of,
    place_of,
    seal,
    unseal,
)

__all__ = [
    "FOR_DEVELOPMENT",
    "KEY_BYTES",
    "Key",
    "KeyRing",
    "Unreadable",
    "blind_index",
    "equal",
    "key_id_of",
    "new_secret",
    "place_of",
    "seal",
    "secret_hash",
    "unseal",
]
