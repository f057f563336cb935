"""What an event may become, and what it may not."""

import json
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, Field

from capitalino.app.compatible import Incompatible, broken, refuse_broken
from capitalino.kit.message import Event, Rate, Units


class Part(BaseModel):
    """Inside the event."""

    asset: str
    units: Units


class Told(Event):
    """Any event."""

    subject: ClassVar[str] = "tests.told.v1"

    told_id: UUID
    state: Literal["open", "shut"]
    note: str | None = None
    parts: tuple[Part, ...]
    metadata: dict[str, str]


OLD = Told.model_json_schema()


def changed(**fields: Any) -> list[str]:
    """What breaks when these fields are otherwise, or new; None takes one away."""
    kept = {name: (found.annotation, found) for name, found in Told.model_fields.items()}
    kept |= {name: hint for name, hint in fields.items() if hint is not None}
    space = {name: hint[1] for name, hint in kept.items() if name not in fields or fields[name]}
    hints = {name: hint[0] for name, hint in kept.items() if name in space}
    made: Any = type("Told", (BaseModel,), {"__annotations__": hints, **space})
    return broken(OLD, made.model_json_schema())


def test_what_stays_as_it_is_is_compatible() -> None:
    assert broken(OLD, Told.model_json_schema()) == []
    assert changed() == []


def test_words_for_people_may_change() -> None:
    assert broken(OLD, {**OLD, "description": "Otherwise.", "title": "Other"}) == []


def test_a_new_field_with_a_default_is_compatible() -> None:
    assert changed(reason=(str, Field("none"))) == []


def test_a_new_field_that_is_required_breaks() -> None:
    assert changed(reason=(str, Field())) == ["reason: it is newly required, and facts of before lack it"]


def test_a_field_that_becomes_required_breaks() -> None:
    assert changed(note=(str | None, Field())) == ["note: it is newly required, and facts of before lack it"]


def test_a_removed_field_breaks() -> None:
    assert changed(note=None) == ["note: it was removed"]


@pytest.mark.parametrize(
    "field, hint",
    [
        ("told_id", str),
        ("told_id", int),
        ("state", str),
        ("parts", tuple[str, ...]),
        ("parts", Part),
        ("metadata", dict[str, int]),
        ("metadata", dict[str, Any]),
        ("note", str),
        ("note", str | int | None),
        ("note", AwareDatetime | None),
    ],
    ids=str,
)
def test_a_changed_type_breaks(field: str, hint: Any) -> None:
    found = changed(**{field: (hint, Told.model_fields[field])})
    assert found
    assert all(one.startswith(field) for one in found)


def test_units_that_become_a_rate_break() -> None:
    class Part(BaseModel):
        asset: str
        units: Rate

    found = changed(parts=(tuple[Part, ...], Field()))
    assert len(found) == 1
    assert found[0].startswith("parts.items.units: pattern was ")


def test_an_enumeration_may_win_values_and_not_lose_any() -> None:
    assert changed(state=(Literal["open", "shut", "ajar"], Field())) == []
    assert changed(state=(Literal["open", "ajar"], Field())) == ["state: it lost the values ['shut']"]
    assert changed(state=(Literal["shut", "open"], Field())) == []


def test_a_tuple_of_other_length_breaks() -> None:
    old: Any = {"properties": {"pair": {"type": "array", "prefixItems": [{"type": "string"}]}}}
    new: Any = {"properties": {"pair": {"type": "array", "prefixItems": [{"type": "string"}] * 2}}}
    assert broken(old, new) == ["pair: it could be 1 things and can be 2"]
    assert broken(old, old) == []


def test_the_whole_may_not_become_something_else() -> None:
    assert broken({"type": "object"}, {"type": "array"}) == ["the event: type was 'object' and is 'array'"]


def test_the_refusal_says_what_to_do(tmp_path: Path) -> None:
    kept = tmp_path / "tests.told.v1.json"
    kept.write_text(json.dumps(OLD))
    refuse_broken(kept, OLD)
    with pytest.raises(Incompatible, match=r"tests\.told\.v1 may not change.*\n  told_id: it was removed"):
        refuse_broken(
            kept, {**OLD, "properties": {k: v for k, v in OLD["properties"].items() if k != "told_id"}}
        )
