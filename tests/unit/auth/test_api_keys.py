"""What an API key may be."""

from datetime import UTC, datetime, timedelta

import pytest

from capitalino.kit.auth import Scope
from capitalino.services.auth.domain.api_keys import LASTS_MAX, clean_networks, must_expire
from capitalino.services.auth.domain.passkeys import went_back
from capitalino.services.auth.errors import ApiKeyNotGood

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_addresses_and_networks_have_one_form() -> None:
    given = (" 192.0.2.1", "2001:DB8:0::/32")
    assert clean_networks(given, frozenset({Scope.READ})) == ("192.0.2.1/32", "2001:db8::/32")


@pytest.mark.parametrize("wrong", ["", "example.com", "192.0.2.1/24", "0.0.0.0/0", "::/0"])
def test_what_is_no_network_is_refused(wrong: str) -> None:
    with pytest.raises(ApiKeyNotGood):
        clean_networks([wrong], frozenset({Scope.READ}))


def test_money_goes_out_to_named_addresses_only() -> None:
    assert clean_networks([], frozenset({Scope.READ, Scope.TRADE})) == ()
    with pytest.raises(ApiKeyNotGood):
        clean_networks([], frozenset({Scope.WITHDRAW}))


@pytest.mark.parametrize("lasts", [timedelta(), timedelta(seconds=-1), LASTS_MAX + timedelta(seconds=1)])
def test_a_key_ends_within_a_year(lasts: timedelta) -> None:
    must_expire(NOW + LASTS_MAX, NOW)
    with pytest.raises(ApiKeyNotGood):
        must_expire(NOW + lasts, NOW)


@pytest.mark.parametrize(
    "known, shown, is_copy", [(0, 0, False), (0, 1, False), (5, 6, False), (5, 5, True), (5, 0, True)]
)
def test_a_counter_goes_on(known: int, shown: int, *, is_copy: bool) -> None:
    assert went_back(known, shown) is is_copy
