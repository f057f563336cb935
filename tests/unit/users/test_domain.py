"""Profiles."""

from uuid import UUID

import pytest

from capitalino.kit.errors import AppError
from capitalino.services.users.domain import Profile, changed, first_profile

ID = UUID(int=1)


def sara() -> Profile:
    return first_profile(ID, ID, "en", "EUR")


def test_each_language_begins_with_its_habits() -> None:
    persian = first_profile(ID, ID, "fa", "IRR")
    assert (persian.calendar, persian.digits) == ("persian", "arabext")
    assert (sara().calendar, sara().digits) == ("gregorian", "latn")


def test_a_change_is_a_version_and_no_change_is_none() -> None:
    named = changed(sara(), {"display_name": " Sara \n Ahmadi"})
    assert (named.version, named.display_name) == (2, "Sara Ahmadi")
    assert changed(named, {"display_name": "Sara Ahmadi", "language": "en"}) is named
    assert changed(named, {"display_name": None}).version == 3


@pytest.mark.parametrize("name", ["", " ", "\u200b", "a\x00b", "a\u202eb", "x" * 81])
def test_no_name_is_made_of_what_cannot_be_seen(name: str) -> None:
    with pytest.raises(AppError):
        changed(sara(), {"display_name": name})


def test_a_persian_name_keeps_its_joiners() -> None:
    assert changed(sara(), {"display_name": "علی‌رضا"}).display_name == "علی‌رضا"
