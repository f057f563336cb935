"""One-time codes against the paper's own figures, and the chain of refresh secrets."""

from base64 import b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.services.auth.domain.codes import (
    clean_code,
    factor_uri,
    is_one_time,
    matching_step,
    new_factor,
    new_recovery_codes,
    successor,
)

SECRET = b32encode(b"12345678901234567890").decode()
RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
]


@pytest.mark.parametrize("unix_s, code", RFC_6238)
def test_codes_are_those_of_rfc_6238(unix_s: int, code: str) -> None:
    assert matching_step(SECRET, code[-6:], unix_s) == unix_s // 30


@pytest.mark.parametrize("late_s, step", [(-60, None), (-30, 1), (0, 1), (30, 1), (60, None)])
def test_a_code_is_good_one_step_early_or_late(late_s: int, step: int | None) -> None:
    found = matching_step(SECRET, "005924", 1234567890 + late_s)
    assert found == (step and 1234567890 // 30)


@pytest.mark.parametrize("typed", ["123456", "123 456", " 12-34-56 ", "۱۲۳۴۵۶", "١٢٣٤٥٦"])
def test_digits_may_be_written_in_any_script(typed: str) -> None:
    assert clean_code(typed) == "123456"
    assert is_one_time(clean_code(typed))


@given(st.text(max_size=40))
def test_no_text_breaks_the_cleaning(text: str) -> None:
    cleaned = clean_code(text)
    assert not is_one_time(cleaned) or matching_step(SECRET, cleaned, 59) in {None, 0, 1, 2}


def test_recovery_codes_differ_and_survive_being_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert len(clean_code(code)) == 16
        assert clean_code(code.lower().replace("-", " ")) == clean_code(code)
        assert not is_one_time(clean_code(code))


def test_an_authenticator_is_told_whose_secret_it_is() -> None:
    uri = factor_uri(new_factor(), "sara+test@example.com")
    assert uri.startswith("otpauth://totp/Capitalino:sara%2Btest%40example.com?secret=")


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_the_next_secret_hangs_on_all_of_its_roots(salt: bytes, key: bytes) -> None:
    made = successor("shown", salt, key)
    assert made == successor("shown", salt, key)
    assert len(made) == 43
    others = {successor("other", salt, key), successor("shown", salt[::-1] + b"x", key)}
    assert made not in others
