"""Which exchanges are used: those with keys, or all of them where a sandbox stands in."""

import base64
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from capitalino.kit.settings import Shared
from capitalino.services.payments.adapters.opened import KRAKEN_SECRET, open_venues
from capitalino.services.payments.settings import PaymentsSettings
from tests.support.clock import SettableClock

BINANCE = {"binance_key": "k", "binance_secret": "s"}
OKX = {"okx_key": "k", "okx_secret": "s", "okx_passphrase": "p"}
SANDBOX = "http://127.0.0.1:9000"


def opened(mode: Any = "development", url: str | None = None, **given: Any) -> tuple[list[str], str]:
    """The names of those for orders, and of the one for deposits."""
    settings = PaymentsSettings(**given)
    orders, deposits = open_venues(settings, Shared(mode=mode, venues_url=url), SettableClock())
    assert {name: venue.name for name, venue in orders.items()} == {name: name for name in orders}
    return list(orders), deposits.name


def test_with_a_stand_in_all_are_used_in_the_order_that_is_set() -> None:
    assert opened(url=SANDBOX) == (["binance", "kraken", "okx", "coinbase"], "binance")
    assert opened(url=SANDBOX, venues=("okx", "binance", "okx"))[0] == ["okx", "binance"]


def test_without_one_only_what_has_keys_is_used() -> None:
    assert opened(**BINANCE, **OKX) == (["binance", "okx"], "binance")
    assert opened(**BINANCE, **OKX, venues=("okx",)) == (["okx"], "binance")
    assert opened() == ([], "binance"), "development starts all the same"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "CAPITALINO_PAYMENTS_KRAKEN_KEY, CAPITALINO_PAYMENTS_KRAKEN_SECRET"),
        (OKX, "for deposits: CAPITALINO_PAYMENTS_BINANCE_KEY"),
    ],
    ids=["none", "none for deposits"],
)
def test_production_says_which_keys_it_needs(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ValueError, match="production needs") as refusal:
        opened("production", **given)
    assert missing in str(refusal.value)


def test_production_starts_with_keys() -> None:
    assert opened("production", **BINANCE) == (["binance"], "binance")
    assert opened("production", **OKX, deposit_venue="okx") == (["okx"], "okx")


@pytest.mark.parametrize(
    "given", [{"binance_key": "k"}, {"okx_key": "k", "okx_secret": "s"}, {"okx_passphrase": "p"}], ids=str
)
def test_half_a_key_is_a_mistake(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="half of the keys"):
        opened(url=SANDBOX, **given)


def test_krakens_secret_is_base64() -> None:
    assert base64.b64decode(KRAKEN_SECRET.get_secret_value()) == b"sandbox-secret"


def test_keys_are_never_shown() -> None:
    settings = PaymentsSettings(binance_key=SecretStr("very-secret"))
    assert "very-secret" not in repr(settings)


def test_there_is_at_least_one_venue() -> None:
    with pytest.raises(ValidationError):
        PaymentsSettings(venues=())
