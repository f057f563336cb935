"""Units and rates travel as text, exactly; messages are frozen."""

import json
import re
from decimal import Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

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


ODD: list[Any] = [
    *(True, False, None, 0, 1.0, float("nan"), Decimal(1), Decimal("NaN"), b"1", [1], {}),
    *(10**38, -(10**38), 10**4000, "9" * 39, "9" * 4300, "-" + "9" * 4300, "9" * 4301, "0" * 50),
    *("+1", "1_0", "\u0661", "\u0967", "\u00b2", "\uff11", "\u22121", "\u00a01", "\ud800"),
    *(" 1", "1 ", "1\n", "\t1", "", "-", "--5", "5-", "- 5", "-0", "007", "-007", "1,5"),
    *("1.0", "1.", ".5", "1e3", "1E3", "0x1", "inf", "NaN", "1" * 60, "1" * 61),
    *("0." + "1" * 60, "0." + "1" * 61, "1.50\n", Decimal("1E+5"), Decimal("0E-8"), Decimal("-1.5")),
]
plain = st.text("0123456789-+._ eE\u0661\n", max_size=6)


def whole(value: Any) -> int | None:
    """The rule of units, said in Python."""
    if isinstance(value, str) and re.fullmatch("-?[0-9]{1,4300}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def exact(value: Any) -> Decimal | None:
    """The rule of rates, said in Python."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,60}(\.[0-9]{1,60})?", value):
        return Decimal(value)
    return value if isinstance(value, Decimal) and value.is_finite() else None


def read(read_it: Any, given_it: Any) -> Any:
    """What was read, with all that makes it up (0E-8 is not 0), or None if it was refused."""
    try:
        return made_of(read_it(given_it))
    except ValidationError:
        return None


def made_of(value: Any) -> Any:
    """A whole number itself, of a rate its digits."""
    return (type(value), value.as_tuple() if isinstance(value, Decimal) else value)


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_units_and_rates_are_read_by_the_rules_and_by_nothing_else(value: Any) -> None:
    read_by_the_rules(value)


@given(st.one_of(plain, st.integers(), st.floats(), st.decimals(), st.booleans(), st.text()))
def test_whatever_is_read_is_read_by_the_rules(value: Any) -> None:
    read_by_the_rules(value)


def read_by_the_rules(value: Any) -> None:
    """The same from Python and from JSON."""
    for kind, rule in ((Units, whole), (Rate, exact)):
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        due = rule(value)
        assert read(adapter.validate_python, value) == (None if due is None else made_of(due))
        if isinstance(value, str | int | float | None):
            as_json = json.dumps(value)
            assert read(adapter.validate_json, as_json) == read(adapter.validate_python, json.loads(as_json))


@pytest.mark.parametrize("mode", ["python", "json"])
def test_units_and_rates_are_written_as_text_everywhere(mode: Literal["python", "json"]) -> None:
    told = Counted(units=-5, rate=Decimal("1E+3")).model_dump(mode=mode)
    assert told == {"units": "-5", "rate": "1000"}


def test_who_gave_no_units_and_no_rate_is_told_what_they_are() -> None:
    with pytest.raises(ValidationError) as refused:
        Counted.model_validate({"units": 1.5, "rate": 1})
    told = [error["msg"] for error in refused.value.errors()]
    assert told == [
        "units are a whole number, written as a decimal string",
        "a rate is written as a plain decimal string",
    ]


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
