"""A software authenticator, written from the WebAuthn paper: resident keys, a counter, its user verified."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text_of(data: bytes) -> str:
    """base64url, as WebAuthn's JSON has it."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    """The bytes again."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Resident:
    """A key that the authenticator keeps, and for whom."""

    credential_id: bytes
    private: ec.EllipticCurvePrivateKey
    user_handle: bytes
    count: int = 0


@dataclass
class Authenticator:
    """One device. A test may make its user unknown, its counter go back, or its page another one."""

    origin: str = "http://localhost:8000"
    verifies: bool = True
    counts: bool = True
    residents: list[Resident] = field(default_factory=list)

    def make(self, options: dict[str, Any], credential_id: bytes | None = None) -> dict[str, Any]:
        """`navigator.credentials.create`; with another's id, as a forger would."""
        private, handle = ec.generate_private_key(ec.SECP256R1()), bytes_of(options["user"]["id"])
        kept = Resident(credential_id or secrets.token_bytes(16), private, handle)
        self.residents.append(kept)
        attested = bytes(16) + len(kept.credential_id).to_bytes(2, "big") + kept.credential_id + _cose(kept)
        data = self._data(options["rp"]["id"], kept, ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        response = {"clientDataJSON": text_of(client), "attestationObject": text_of(statement)}
        return _credential(kept, response)

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        """`navigator.credentials.get`."""
        wanted = {bytes_of(one["id"]) for one in options.get("allowCredentials", [])}
        kept = next(one for one in self.residents if not wanted or one.credential_id in wanted)
        kept.count += self.counts
        data = self._data(options["rpId"], kept, 0)
        client = self._client("webauthn.get", options["challenge"])
        signed = kept.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": text_of(client),
            "authenticatorData": text_of(data),
            "signature": text_of(signed),
            "userHandle": text_of(kept.user_handle),
        }
        return _credential(kept, response)

    def _data(self, rp_id: str, kept: Resident, more: int) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(rp_id.encode()).digest() + bytes((flags,)) + kept.count.to_bytes(4, "big")

    def _client(self, what: str, challenge: str) -> bytes:
        return json.dumps({"type": what, "challenge": challenge, "origin": self.origin}).encode()


def _cose(kept: Resident) -> bytes:
    numbers = kept.private.public_key().public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def _credential(kept: Resident, response: dict[str, Any]) -> dict[str, Any]:
    shown = text_of(kept.credential_id)
    return {"id": shown, "rawId": shown, "type": "public-key", "response": response}
