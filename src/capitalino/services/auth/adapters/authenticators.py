"""What browsers and authenticators say in a passkey's ceremony, checked by `webauthn`."""

import json
import struct
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from cbor2 import CBORDecodeError
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from capitalino.services.auth.domain.passkeys import CEREMONY_TTL
from capitalino.services.auth.errors import PasskeyRefused

NAME = "Capitalino"
NOT_GOOD = (
    WebAuthnException,
    CBORDecodeError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    struct.error,
)
"""What the library raises for answers that no authenticator gives."""
TIMEOUT_MS = int(CEREMONY_TTL.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


class Authenticators:
    """The relying party is the host of the public URL: passkeys of another host are no good here."""

    def __init__(self, public_url: str, also_origins: tuple[str, ...] = ()) -> None:
        self._rp_id = urlsplit(public_url).hostname or "localhost"
        parts = [urlsplit(url) for url in (public_url, *also_origins)]
        self._origins = [f"{part.scheme}://{part.netloc}" for part in parts]

    def asked_to_make(
        self, user_id: UUID, address: str, challenge: bytes, known: list[bytes]
    ) -> dict[str, Any]:
        """What the browser's `credentials.create` is given: a resident key, its user verified."""
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=NAME,
            user_id=user_id.bytes,
            user_name=address,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        made: dict[str, Any] = json.loads(options_to_json(options))
        return made

    def asked_to_show(self, challenge: bytes, known: list[bytes]) -> dict[str, Any]:
        """What the browser's `credentials.get` is given. Without known ones, the authenticator chooses."""
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        made: dict[str, Any] = json.loads(options_to_json(options))
        return made

    def made(self, credential: dict[str, Any], challenge: bytes) -> Made:
        """The passkey that was made for this challenge; PasskeyRefused."""
        try:
            found = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                require_user_verification=True,
            )
        except NOT_GOOD as error:
            raise PasskeyRefused("This passkey cannot be taken.") from error
        is_synced = found.credential_device_type is CredentialDeviceType.MULTI_DEVICE
        return Made(found.credential_id, found.credential_public_key, found.sign_count, is_synced)

    def credential_id(self, credential: dict[str, Any]) -> bytes:
        """Which passkey is shown; PasskeyRefused for what is none."""
        try:
            return base64url_to_bytes(credential["id"])
        except NOT_GOOD as error:
            raise PasskeyRefused("This is no passkey.") from error

    def shown(self, credential: dict[str, Any], challenge: bytes, public_key: bytes, user_id: UUID) -> int:
        """The counter of a passkey that has signed this challenge, its user verified; PasskeyRefused."""
        try:
            found = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                credential_public_key=public_key,
                credential_current_sign_count=0,  # we compare it, once the rest is good
                require_user_verification=True,
            )
            handle = credential["response"].get("userHandle")
            is_theirs = not handle or base64url_to_bytes(handle) == user_id.bytes
        except NOT_GOOD as error:
            raise PasskeyRefused("This passkey is not right.") from error
        if not is_theirs:
            raise PasskeyRefused("This passkey is not right.")
        return found.new_sign_count
