"""What is sealed opens only with its key, at its place and unchanged; erasing a key erases what it sealed."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitalino.kit.crypto import (
    Key,
    KeyRing,
    Unreadable,
    blind_index,
    equal,
    key_id_of,
    new_secret,
    place_of,
    seal,
    secret_hash,
    unseal,
)

KEY = Key("k1", b"1" * 32)
OTHER = Key("k2", b"2" * 32)
PLACE = place_of("profile", "name", 7)


def ring(*keys: Key) -> KeyRing:
    return KeyRing.parse(", ".join(f"{key.key_id}:{b64encode(key.secret).decode()}" for key in keys))


@given(st.binary(max_size=200), st.text(max_size=50))
def test_what_is_sealed_opens_again(plain: bytes, place: str) -> None:
    sealed = seal(KEY, plain, place)
    assert unseal(KEY, sealed, place) == plain
    assert key_id_of(sealed) == "k1"


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_is_seen(at: int, change: int) -> None:
    sealed = bytearray(seal(KEY, b"Ann", PLACE))
    sealed[at % len(sealed)] ^= change
    with pytest.raises(Unreadable):
        unseal(KEY, bytes(sealed), PLACE)


@given(st.binary(max_size=100))
def test_noise_is_unreadable(noise: bytes) -> None:
    with pytest.raises(Unreadable):
        unseal(KEY, noise, PLACE)


def test_it_opens_neither_elsewhere_nor_with_another_key() -> None:
    sealed = seal(KEY, b"Ann", PLACE)
    for key, place in (
        (KEY, place_of("profile", "name", 8)),
        (KEY, place_of("profile", "city", 7)),
        (OTHER, PLACE),
        (Key("k1", b"2" * 32), PLACE),
    ):
        with pytest.raises(Unreadable):
            unseal(key, sealed, place)


def test_the_same_text_never_looks_the_same() -> None:
    assert seal(KEY, b"Ann", PLACE) != seal(KEY, b"Ann", PLACE)


def test_a_data_key_survives_a_change_of_the_key_above_it() -> None:
    key, stored = ring(KEY).new_data_key("person-7", "data_key:secret:7")
    both = ring(OTHER, KEY)
    assert not stored.startswith(both.head)
    assert both.data_key(stored, "data_key:secret:7") == key
    again = both.sealed_again(stored, "data_key:secret:7")
    assert again.startswith(both.head)
    assert ring(OTHER).data_key(again, "data_key:secret:7") == key


def test_a_data_key_is_unreadable_without_the_key_above_it() -> None:
    _, stored = ring(KEY).new_data_key("person-7", "x")
    with pytest.raises(Unreadable):
        ring(OTHER).data_key(stored, "x")


@pytest.mark.parametrize("text", ["", "k1", "k1:!!", "k1:MTIz", "k 1:" + b64encode(b"1" * 32).decode()])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        KeyRing.parse(text)


def test_a_ring_has_keys_and_each_id_once() -> None:
    for keys in ([], [KEY, Key("k1", b"3" * 32)]):
        with pytest.raises(ValueError, match="key ring"):
            KeyRing(keys)


def test_keys_are_not_shown() -> None:
    assert "1111" not in repr(KEY)


def test_a_blind_index_depends_on_key_column_and_text() -> None:
    index = blind_index(KEY, "user:email", "ann@example.com")
    assert index == blind_index(KEY, "user:email", "ann@example.com")
    different = {
        blind_index(OTHER, "user:email", "ann@example.com"),
        blind_index(KEY, "user:emaila", "nn@example.com"),
        blind_index(KEY, "user:email", "bob@example.com"),
    }
    assert len(different | {index}) == 4


def test_equality_of_texts_and_bytes() -> None:
    assert equal("تأیید", "تأیید")
    assert equal(b"a", "a")
    assert not equal("a", "b")


def test_random_secrets_fit_a_url_and_are_stored_as_a_hash() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(first) == 43
    assert first.replace("-", "").replace("_", "").isalnum()
    assert len(secret_hash(first)) == 32
    assert secret_hash(first) != secret_hash(second)
