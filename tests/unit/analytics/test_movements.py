"""Whose money moved, and whether it crossed our border."""

from uuid import UUID

import pytest

from capitalino.services.analytics.domain.movements import Moved, fee_of, is_flow, kind_of, owner, sides

ANNA, BOB = (UUID(f"018f0000-0000-7000-8000-00000000000{n}") for n in (1, 2))


def test_lines_are_summed_by_investor_and_asset() -> None:
    lines = [
        (f"investor:{ANNA}:cash", "BTC", -5),
        (f"investor:{ANNA}:cash", "BTC", -1),
        (f"investor:{ANNA}:cash", "EUR", 90),
        (f"investor:{BOB}:cash", "EUR", 10),
        ("liquidity:main", "BTC", 6),
    ]
    assert sides(lines) == [Moved(ANNA, {"BTC": -6, "EUR": 90}), Moved(BOB, {"EUR": 10})]


def test_a_hold_moves_nothing() -> None:
    assert sides([(f"investor:{ANNA}:cash", "EUR", 0), ("liquidity:main", "EUR", 0)]) == []


def test_what_goes_round_within_an_investor_moves_nothing() -> None:
    assert sides([(f"investor:{ANNA}:cash", "EUR", -5), (f"investor:{ANNA}:saved", "EUR", 5)]) == []


@pytest.mark.parametrize("address", ["world:bank", "investor:x:cash", "fees:exchange:00"])
def test_the_house_and_the_world_are_no_investors(address: str) -> None:
    assert owner(address) is None


def test_what_left_and_what_came_are_both_said_without_a_sign() -> None:
    moved = Moved(ANNA, {"EUR": 90, "BTC": -6})
    assert (moved.left, moved.came) == (("BTC", 6), ("EUR", 90))


def test_the_fee_is_what_our_fees_were_credited() -> None:
    lines = [("fees:exchange:00", "EUR", 3), ("fees:exchange:01", "EUR", 2), ("liquidity:main", "EUR", 7)]
    assert fee_of(lines) == ("EUR", 5)
    assert fee_of([("liquidity:main", "EUR", 7)]) is None


@pytest.mark.parametrize(
    "units, code, expected",
    [
        ({"EUR": 100}, "deposit", True),
        ({"EUR": -100}, "withdrawal.bank", True),
        ({"EUR": 90, "BTC": -1}, "conversion", False),
        ({"EUR": 90, "BTC": -1}, "other", False),
        ({"EUR": 90}, "conversion.correction", False),
        ({"EUR": -1}, "fee", False),
    ],
)
def test_paid_in_or_out_is_what_only_one_side_of_was_ours(
    units: dict[str, int], code: str, *, expected: bool
) -> None:
    assert is_flow(Moved(ANNA, units), kind_of(code)) is expected
