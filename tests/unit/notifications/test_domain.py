"""Whose account it is, and which balance is the newest."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from capitalino.services.notifications.domain import Balance, newest, owner

ANNA = UUID("018f0000-0000-7000-8000-000000000001")
NOON = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


def test_a_cash_account_is_its_investors() -> None:
    assert owner(f"investor:{ANNA}:cash") == ANNA


@pytest.mark.parametrize(
    "address",
    [
        f"investor:{ANNA}",
        f"investor:{ANNA}:other",
        "investor:nobody:cash",
        "fees:exchange:00",
        "world:cash",
        "",
    ],
)
def test_every_other_account_is_nobodys(address: str) -> None:
    assert owner(address) is None


def test_of_one_account_the_newest_version_counts_in_whatever_order() -> None:
    made = [Balance(ANNA, "EUR", units, 0, 0, units, NOON) for units in (2, 3, 1)]
    other = Balance(uuid4(), "EUR", 9, 0, 0, 1, NOON)
    assert sorted(one.posted for one in newest([*made, other])) == [3, 9]


def test_what_is_held_is_not_available() -> None:
    assert Balance(ANNA, "EUR", 100, 30, 5, 1, NOON).available == 70
