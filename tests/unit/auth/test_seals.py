"""What is sealed can be opened in its place alone."""

from base64 import b64encode

import pytest
from pydantic import SecretStr

from capitalino.kit.crypto import Unreadable
from capitalino.services.auth.adapters.seals import Seals
from capitalino.services.auth.settings import AuthSettings

ONE, OTHER = (b64encode(letter * 32).decode() for letter in (b"a", b"b"))


def seals(keys: str, index_key: str = ONE) -> Seals:
    settings = AuthSettings(keys=SecretStr(keys), index_key=SecretStr(index_key))
    return Seals.of(settings, "production")


def test_a_value_moved_elsewhere_cannot_be_opened() -> None:
    made = seals(ONE)
    sealed = made.seal("sara@example.com", "login", "email", 1)
    assert made.open(sealed, "login", "email", 1) == "sara@example.com"
    assert made.seal("sara@example.com", "login", "email", 1) != sealed
    for place in (("login", "email", 2), ("login", "name", 1), ("mail", "email", 1)):
        with pytest.raises(Unreadable):
            made.open(sealed, *place)
    with pytest.raises(Unreadable):
        made.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "login", "email", 1)


def test_a_new_key_still_opens_what_the_old_one_sealed() -> None:
    sealed = seals(f"k1:{ONE}").seal("x", "login", "email", 1)
    assert seals(f"k2:{OTHER},k1:{ONE}").open(sealed, "login", "email", 1) == "x"
    with pytest.raises(Unreadable):
        seals(f"k2:{OTHER}").open(sealed, "login", "email", 1)


def test_what_finds_addresses_does_not_hang_on_the_sealing_key() -> None:
    assert seals(f"k1:{ONE}").index("x", "c") == seals(f"k2:{OTHER}").index("x", "c")
    assert seals(ONE).index("x", "c") != seals(ONE, OTHER).index("x", "c")
    assert seals(ONE).index("x", "c") != seals(ONE).index("x", "d")


@pytest.mark.parametrize("given", [{}, {"keys": SecretStr(ONE)}, {"index_key": SecretStr(ONE)}])
def test_production_does_not_begin_without_its_keys(given: dict[str, SecretStr]) -> None:
    with pytest.raises(ValueError, match="production needs"):
        Seals.of(AuthSettings(**given), "production")  # type: ignore[arg-type]


def test_development_does() -> None:
    made = Seals.of(AuthSettings(), "development")
    assert made.open(made.seal("x", "t", "c", 1), "t", "c", 1) == "x"
