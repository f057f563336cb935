"""Units and rates travel as text, exactly; messages are frozen."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from capitalino.kit.ids import new_id, step_id
from capitalino.kit.message import Answer, Command, Event, Rate, Units


class Counted(Command):
    """Units and a rate."""

    units: Units = 0
    rate: Rate = Decimal(1)


@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_units_come_back_as_they_went(units: int) -> None:
    told = Counted(units=units).model_dump_json()
    assert f'"{units}"' in told
    assert Counted.model_validate_json(told).units == units


@given(st.decimals(0, 10**20, places=18))
def test_rates_come_back_as_they_went(rate: Decimal) -> None:
    told = Counted(rate=rate).model_dump_json()
    assert "E" not in told
    assert Counted.model_validate_json(told).rate == rate


@pytest.mark.parametrize(
    "value", [1.0, True, None, "1.0", "1e3", "", "-", "٣", " 1", "0x10", Decimal(1)], ids=repr
)
def test_what_is_no_whole_number_is_no_units(value: Any) -> None:
    with pytest.raises(ValidationError):
        Counted(units=value)


@pytest.mark.parametrize(
    "value",
    [1.5, 1, True, None, "", " ", "1e8", "-1", "+1", "NaN", "Infinity", ".5", "5.", "٣", "1,5", "1" * 61],
    ids=repr,
)
def test_what_is_no_plain_decimal_is_no_rate(value: Any) -> None:
    with pytest.raises(ValidationError):
        Counted(rate=value)


def test_what_a_newer_peer_says_is_ignored_and_what_it_asks_is_refused() -> None:
    assert Answer.model_validate({"unheard_of": 1}) == Answer()
    with pytest.raises(ValidationError):
        Command.model_validate({"unheard_of": 1})


class Told(Event):
    """An event of nothing in particular."""

    subject: ClassVar[str] = "tests.told.v1"


def test_an_event_has_an_id_and_a_time_and_can_not_be_changed() -> None:
    event = Told()
    assert (event.event_id.version, event.occurred_at.tzinfo is not None, event.key) == (7, True, "")
    frozen: Any = event
    with pytest.raises(ValidationError):
        frozen.version = 2


def test_ids_are_in_the_order_of_time_and_steps_are_always_the_same() -> None:
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids)
    of = UUID(int=7)
    assert step_id(of, "hold") == step_id(of, "hold") != step_id(of, "book")
    assert step_id(of, "hold") != step_id(UUID(int=8), "hold")
