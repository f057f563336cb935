"""Which passwords we take: long ones that nobody would try first. No rules about kinds of letters."""

import hashlib
import unicodedata
from collections.abc import Set as AbstractSet

from capitalino.services.auth.errors import PasswordRefused

LENGTH_MIN = 12
LENGTH_MAX = 128
DISTINCT_MIN = 5
BLOCK_MAX = 6
TAIL_MAX = 8
NAME_MIN = 4
DIGEST_DIGITS = 12
OURS = "capitalino"
LEET = str.maketrans("013457@$!|", "oleastasil")
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
)


def canonical(password: str) -> str:
    """The same text for the same keys, whatever machine they were pressed on."""
    return unicodedata.normalize("NFKC", password)


def must_be_good(password: str, address: str, common: AbstractSet[str]) -> None:
    """PasswordRefused unless the password is long enough and not one that would be tried first."""
    text = canonical(password)
    if not LENGTH_MIN <= len(text) <= LENGTH_MAX:
        raise PasswordRefused(
            f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters.",
            reason="length",
            length_min=LENGTH_MIN,
            length_max=LENGTH_MAX,
        )
    folded = text.casefold()
    if OURS in folded or any(name in folded for name in _names(address)):
        raise PasswordRefused("The password contains your e-mail name or ours.", reason="personal")
    if _is_predictable(folded):
        raise PasswordRefused("The password is a row or a repetition.", reason="predictable")
    if _is_common(folded, common):
        raise PasswordRefused("The password is one of those that are tried first.", reason="common")


def digest(word: str) -> str:
    """How the list of common passwords names one."""
    return hashlib.sha256(word.encode()).hexdigest()[:DIGEST_DIGITS]


def _names(address: str) -> list[str]:
    local = address.casefold().partition("@")[0]
    parts = [local, *local.replace("+", ".").replace("_", ".").replace("-", ".").split(".")]
    return [part for part in parts if len(part) >= NAME_MIN]


def _is_predictable(text: str) -> bool:
    if len(set(text)) < DISTINCT_MIN:
        return True
    blocks = (text[:size] for size in range(1, BLOCK_MAX + 1))
    if any((block * len(text))[: len(text)] == text for block in blocks):
        return True
    return any(text in row or text in row[::-1] for row in ROWS)


def _is_common(text: str, common: AbstractSet[str]) -> bool:
    for word in {text, text.translate(LEET)}:
        stem = word.strip("0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
        decorated = len(word) - len(stem) <= TAIL_MAX
        half = word[: len(word) // 2]
        doubled = half * 2 == word
        if digest(word) in common or (decorated and digest(stem) in common):
            return True
        if doubled and digest(half) in common:
            return True
    plain = text.rstrip("0123456789!?.*#$@").translate(LEET)
    return len(text) - len(plain) <= TAIL_MAX and digest(plain) in common
