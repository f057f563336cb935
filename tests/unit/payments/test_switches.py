"""Switches: what a scope covers, and two people for opening."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from capitalino.services.payments.domain.switches import Closure, Flow, Scope

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (Scope("conversion"), True),
        (Scope(asset="BTC"), True),
        (Scope(asset="EUR"), True),
        (Scope(venue="binance"), True),
        (Scope("conversion", "BTC", "binance"), True),
        (Scope("crypto_deposit"), False),
        (Scope("crypto_deposit", "BTC"), False),
        (Scope("conversion", "ETH"), False),
        (Scope("conversion", "BTC", "kraken"), False),
    ],
    ids=str,
)
def test_one_asset_of_an_exchange_is_enough_to_close_it(scope: Scope, covers: bool) -> None:  # noqa: FBT001
    assert scope.covers(Flow.CONVERSION, ("BTC", "EUR"), "binance") is covers


def test_nothing_is_open_again_by_one_person() -> None:
    one, other = uuid4(), uuid4()
    Closure(uuid4(), Scope(), "why", one, AT, uuid4(), one, other, AT)
    for opening, asked_by, approved_by in ((uuid4(), one, one), (None, one, other), (uuid4(), None, other)):
        with pytest.raises(AssertionError):
            Closure(uuid4(), Scope(), "why", one, AT, opening, asked_by, approved_by, AT)
