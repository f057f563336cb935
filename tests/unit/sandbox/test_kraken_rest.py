"""Whom the sandbox's Kraken lets in."""

import base64
from urllib.parse import urlencode

import pytest

from capitalino.sandbox.address_book import AddressBook
from capitalino.sandbox.binance_asked import Key
from capitalino.sandbox.desk import Desk
from capitalino.sandbox.kraken_refusals import KrakenRefusal
from capitalino.sandbox.kraken_rest import KrakenRest, sign
from capitalino.sandbox.market import Market
from capitalino.sandbox.pace import Pace
from capitalino.sandbox.recorded import load
from capitalino.sandbox.store import Store
from capitalino.sandbox.when import now_ms
from tests.support.clock import SettableClock

RECORDINGS = load()
PATH = "/0/private/AddOrder"


@pytest.fixture
def kraken() -> KrakenRest:
    clock, store = SettableClock(), Store(":memory:")
    market = Market(RECORDINGS, Pace.beginning(now_ms(clock), 3), clock)
    desk = Desk.opened(store, market, 0, "kraken")
    return KrakenRest(market, desk, AddressBook(store, "kraken"), Key("key", "secret"))


def refused(
    kraken: KrakenRest,
    nonce: str = "1",
    *,
    key: str = "key",
    secret: bytes = b"secret",
    path: str = PATH,
    changed: str = "",
) -> str:
    """The error, or nothing when it was let in."""
    body = urlencode({"nonce": nonce, "pair": "XBTEUR", "volume": "1.25"})
    try:
        kraken.check(PATH, body + changed, key, sign(secret, path, nonce, body).decode())
    except KrakenRefusal as refusal:
        return refusal.error
    return ""


def test_a_signature_is_that_of_krakens_documentation() -> None:
    secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    body = "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    assert sign(base64.b64decode(secret), PATH, "1616492376594", body) == (
        b"4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


def test_the_right_signature_is_let_in(kraken: KrakenRest) -> None:
    assert not refused(kraken)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"key": "another"}, "EAPI:Invalid key"),
        ({"secret": b"another"}, "EAPI:Invalid signature"),
        ({"path": "/0/private/BalanceEx"}, "EAPI:Invalid signature"),
        ({"changed": "&volume=125"}, "EAPI:Invalid signature"),
        ({"nonce": "-1"}, "EAPI:Invalid nonce"),
        ({"nonce": ""}, "EAPI:Invalid nonce"),
        ({"nonce": "soon"}, "EAPI:Invalid nonce"),
    ],
)
def test_others_are_kept_out(kraken: KrakenRest, asked: dict[str, str], error: str) -> None:
    assert refused(kraken, **asked) == error  # type: ignore[arg-type]


def test_without_a_signature_nobody_is_let_in(kraken: KrakenRest) -> None:
    for signature in ("", "no base64", "\u00e4"):
        with pytest.raises(KrakenRefusal, match="Invalid signature"):
            kraken.check(PATH, "nonce=1", "key", signature)


def test_a_nonce_must_rise(kraken: KrakenRest) -> None:
    assert not refused(kraken, "5")
    assert refused(kraken, "5") == refused(kraken, "4") == "EAPI:Invalid nonce"
    assert not refused(kraken, "6")


def test_a_call_that_is_kept_out_uses_up_no_nonce(kraken: KrakenRest) -> None:
    assert refused(kraken, "9", secret=b"another") == "EAPI:Invalid signature"
    assert not refused(kraken, "8")
