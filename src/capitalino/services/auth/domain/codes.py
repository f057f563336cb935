"""Codes that people type, and the chain of refresh secrets. We keep what recognises them, not them."""

import base64
import hmac
import secrets
import unicodedata

import pyotp

STEP_S = 30
CODE_DIGITS = 6
DRIFT_STEPS = 1
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
ISSUER = "Capitalino"


def successor(token: str, salt: bytes, key: bytes) -> str:
    """The refresh secret that follows `token`: the same for all who ask at once, unknown to others."""
    made = hmac.digest(key, salt + token.encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def new_factor() -> str:
    """A fresh TOTP secret of 160 bits, in base32."""
    return pyotp.random_base32(32)


def factor_uri(secret: str, address: str) -> str:
    """What an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=ISSUER)


def clean_code(text: str) -> str:
    """A code as we compare it: digits of any script, no blanks or dashes."""
    kept = [str(unicodedata.digit(sign, sign)) for sign in text.strip() if sign.isalnum()]
    return "".join(kept).upper()


def is_one_time(code: str) -> bool:
    """Whether a cleaned code is one of an authenticator; otherwise it may be a recovery code."""
    return len(code) == CODE_DIGITS and code.isdecimal()


def matching_step(secret: str, code: str, unix_s: int) -> int | None:
    """The 30 second step that `code` belongs to: this one, or one beside it because clocks differ."""
    totp = pyotp.TOTP(secret)
    now = unix_s // STEP_S
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 bits, in groups that can be read aloud."""
    made = (base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES))
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in made]
