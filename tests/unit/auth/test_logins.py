"""Logins: the gate, addresses, and what a place is."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from capitalino.kit.errors import AppError
from capitalino.services.auth.domain.logins import (
    Login,
    Role,
    Standing,
    clean_address,
    may_authenticate,
    network_of,
    same_address,
)
from capitalino.services.auth.errors import AddressNotGood


@pytest.mark.parametrize("standing", list(Standing))
def test_only_an_active_login_passes_the_gate(standing: Standing) -> None:
    if standing is Standing.ACTIVE:
        may_authenticate(standing)
        return
    with pytest.raises(AppError):
        may_authenticate(standing)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Sara@Example.COM", "sara@example.com"),
        (" sara@example.com ", "sara@example.com"),
        ("sara@BÜCHER.de", "sara@xn--bcher-kva.de"),
    ],
)
def test_spellings_of_one_mailbox_are_one(one: str, other: str) -> None:
    assert same_address(one) == same_address(other)


@pytest.mark.parametrize(
    "text",
    ["", "sara", "sara@", "@example.com", "a@b@example.com", "sara@b.de\nBcc: x@y.de", "a b@c.de"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressNotGood):
        clean_address(text)


@pytest.mark.parametrize(
    "address, place",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("x' or 1=1", "unknown"),
    ],
)
def test_a_place_is_an_address_or_a_line(address: str, place: str) -> None:
    assert network_of(address) == place


def test_a_login_acts_for_its_investor_once_that_is_open_and_while_it_may() -> None:
    def login(opened_at: datetime | None, *roles: Role) -> Login:
        return Login(uuid4(), uuid4(), b"", "en", "", Standing.ACTIVE, 0, opened_at, frozenset(roles))

    now = datetime(2026, 3, 20, tzinfo=UTC)
    opened = login(now, Role.INVESTOR)
    assert opened.acts_for == opened.investor_id
    assert login(None, Role.INVESTOR).acts_for is None
    assert login(now, Role.OPERATOR).acts_for is None
