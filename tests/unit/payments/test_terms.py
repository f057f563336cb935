"""The price list: parts of one that are stored as they are, and two people for each row."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from capitalino.services.payments.domain.payments import Terms
from capitalino.services.payments.domain.terms import ListedTerms, is_part, is_sound

AT = datetime(2026, 1, 1, tzinfo=UTC)
FREE = Terms(Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("part", "fits"),
    [
        ("0", True),
        ("0.00000001", True),
        ("0.99999999", True),
        ("0.1000000000", True),
        ("0.000000001", False),
        ("1", False),
        ("-0.1", False),
        ("NaN", False),
        ("Infinity", False),
    ],
)
def test_a_part_of_one_is_stored_as_it_is_or_refused(part: str, fits: bool) -> None:  # noqa: FBT001
    assert is_part(Decimal(part)) is fits
    assert is_sound(Terms(Decimal(part), Decimal(0))) is fits
    assert is_sound(Terms(Decimal(0), Decimal(part))) is fits


def test_no_row_stands_that_one_person_has_asked_for_and_granted() -> None:
    one, other = uuid4(), uuid4()
    ListedTerms(uuid4(), "*", "*", FREE, AT, uuid4(), one, other)
    for asked_by, approved_by in ((one, one), (None, one), (one, None)):
        with pytest.raises(AssertionError):
            ListedTerms(uuid4(), "*", "*", FREE, AT, uuid4(), asked_by, approved_by)
