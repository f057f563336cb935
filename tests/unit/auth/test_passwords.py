"""Which passwords are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.auth.domain.passwords import canonical, must_be_good
from capitalino.services.auth.errors import PasswordRefused
from capitalino.services.auth.service.passwords import common_passwords

EMAIL = "sara.ahmadi@example.com"


def reason(password: str) -> str | None:
    try:
        must_be_good(password, EMAIL, common_passwords())
    except PasswordRefused as refused:
        return str(refused.details["reason"])
    return None


@pytest.mark.parametrize(
    "password, why",
    [
        ("elevenchars", "length"),
        ("x1y2" * 40, "length"),
        ("aaaaaaaaaaaaaaa", "predictable"),
        ("abcabcabcabcabc", "predictable"),
        ("123456789012345", "predictable"),
        ("qwertyuiopas", "predictable"),
        ("zyxwvutsrqponm", "predictable"),
        ("password123456", "common"),
        ("Password2026!!", "common"),
        ("P@ssw0rd12345", "common"),
        ("1qaz2wsx3edc", "common"),
        ("dragondragon", "predictable"),
        ("princessprincess", "common"),
        ("!!!letmein!!!", "common"),
        ("my-capitalino-2026", "personal"),
        ("always ahmadi here", "personal"),
    ],
)
def test_what_would_be_tried_first_is_refused(password: str, why: str) -> None:
    assert reason(password) == why


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "horse stapled to a battery",
        "بارانِ بهاری در کویر",
        "k7#Qz!m2Vw9p",
        "x" * 4 + "yzw" * 3 + "!9?",
    ],
)
def test_what_nobody_would_try_is_taken_whatever_its_letters(password: str) -> None:
    assert reason(password) is None


def test_one_password_is_the_same_on_every_keyboard() -> None:
    assert canonical("pässwörter ﬁnden") == canonical("pa\u0308sswo\u0308rter finden")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_every_text_is_taken_or_refused_by_reason(password: str) -> None:
    assert reason(password) in {None, "length", "common", "predictable", "personal"}
