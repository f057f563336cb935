"""What is told is what docs/events says, what was told can be read, the unknown is borne or refused."""

import inspect
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel, ValidationError

from capitalino.app.catalog import chosen, events
from capitalino.app.compatible import broken
from capitalino.app.generated import pretty
from capitalino.kit.message import Answer, Command, Event
from capitalino.kit.rpc import calls

DOCS = Path(__file__).parents[3] / "docs" / "events"
SAMPLES = DOCS / "samples"
EVENTS = events()
MODULES = chosen(["all"])
APIS = [api for module in MODULES for api in module.apis]
QUESTIONS = sorted({question for api in APIS for question, _ in calls(api).values()}, key=str)
ANSWERS = sorted({answer for api in APIS for _, answer in calls(api).values()}, key=str)


def subject(cls: type[Event]) -> str:
    return cls.subject


def name(cls: type) -> str:
    return cls.__name__


def samples(cls: type[Event]) -> list[Any]:
    """What was told some day, word by word. Samples are added, never changed."""
    path = SAMPLES / f"{cls.subject}.json"
    assert path.exists(), f"keep a sample of {cls.subject} in docs/events/samples/{path.name}"
    found: list[Any] = json.loads(path.read_text())
    return found


def family(cls: type[BaseModel]) -> set[type[BaseModel]]:
    """A message and all that it is made of."""
    found = {cls}
    for field in cls.model_fields.values():
        for hint in _inside(field.annotation):
            found |= family(hint)
    return found


def _inside(hint: Any) -> list[type[BaseModel]]:
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return [hint]
    return [found for one in get_args(hint) for found in _inside(one)]


@pytest.mark.parametrize("cls", EVENTS, ids=subject)
def test_an_event_is_what_is_written_down(cls: type[Event]) -> None:
    path = DOCS / f"{cls.subject}.json"
    assert path.exists(), f"docs/events/{path.name} is not there: run `make generated`"
    kept, now = json.loads(path.read_text()), cls.model_json_schema()
    assert broken(kept, now) == [], f"who hears {cls.subject} would not understand it: make it a new version"
    assert path.read_text() == pretty(now), f"docs/events/{path.name} is out of date: run `make generated`"


def test_nothing_that_was_ever_told_is_forgotten() -> None:
    known = {cls.subject for cls in EVENTS}
    for path in (*DOCS.glob("*.json"), *SAMPLES.glob("*.json")):
        what = path.name.removesuffix(".json")
        assert what in known, f"{what} was told: its facts are kept, and its class stays with them"


def test_what_services_tell_and_hear_are_the_events_of_contracts() -> None:
    told = {event.subject for module in MODULES for event in module.tells}
    heard = {event.subject for module in MODULES for event in module.hears}
    assert told == {cls.subject for cls in EVENTS}
    assert heard <= told
    for module in MODULES:
        assert all(event.subject.startswith(f"{module.name}.") for event in module.tells)


@pytest.mark.parametrize("cls", EVENTS, ids=subject)
def test_kept_samples_can_still_be_read(cls: type[Event]) -> None:
    kept = samples(cls)
    assert kept
    for sample in kept:
        event = cls.model_validate(sample)
        assert event.key
        again = event.model_dump(mode="json")
        assert cls.model_validate(again) == event
        for field in sample.keys() - {"occurred_at", "recorded_at", "effective_at"}:
            assert again[field] == sample[field], f"{field} is read otherwise than it was told"


@pytest.mark.parametrize("cls", EVENTS, ids=subject)
def test_samples_keep_to_what_is_written_down(cls: type[Event]) -> None:
    schema = json.loads((DOCS / f"{cls.subject}.json").read_text())
    validator = Draft202012Validator(schema)
    for sample in samples(cls):
        assert list(validator.iter_errors(sample)) == []
        told = cls.model_validate(sample).model_dump(mode="json")
        assert list(validator.iter_errors(told)) == [], "what is told now keeps to it too"


@pytest.mark.parametrize("cls", EVENTS, ids=subject)
def test_every_value_of_an_enumeration_has_a_sample(cls: type[Event]) -> None:
    for field, schema in cls.model_json_schema()["properties"].items():
        if "enum" in schema:
            seen = {sample[field] for sample in samples(cls)}
            assert seen == set(schema["enum"]), f"{cls.subject}.{field}"


@pytest.mark.parametrize("cls", EVENTS, ids=subject)
def test_what_a_newer_teller_adds_is_ignored(cls: type[Event]) -> None:
    for sample in samples(cls):
        newer = _with_unknown(sample)
        assert newer != sample
        assert cls.model_validate(newer) == cls.model_validate(sample)


def _with_unknown(value: Any) -> Any:
    """The same, with a field more in every object but those whose keys are data."""
    if isinstance(value, list):
        return [_with_unknown(one) for one in value]
    if isinstance(value, dict):
        grown = {key: one if key == "metadata" else _with_unknown(one) for key, one in value.items()}
        return grown | {"unheard_of": {"since": "v1.1"}}
    return value


@pytest.mark.parametrize("cls", ANSWERS, ids=name)
def test_answers_ignore_what_they_do_not_know(cls: type[BaseModel]) -> None:
    assert issubclass(cls, Answer)
    for one in family(cls):
        assert one.model_config.get("extra") == "ignore", one
        assert one.model_config.get("frozen"), one


@pytest.mark.parametrize("cls", QUESTIONS, ids=name)
def test_questions_refuse_what_they_do_not_know(cls: type[BaseModel]) -> None:
    assert issubclass(cls, Command)
    for one in family(cls):
        assert one.model_config.get("frozen"), one
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            one.model_validate({"unheard_of": 1})


@pytest.mark.parametrize("cls", EVENTS, ids=subject)
def test_events_are_frozen_all_through(cls: type[Event]) -> None:
    for one in family(cls):
        assert one.model_config.get("frozen"), one
        assert one.model_config.get("extra") == "ignore", one


@pytest.mark.parametrize("cls", [*EVENTS, *ANSWERS, *QUESTIONS], ids=name)
def test_money_is_never_a_json_number(cls: type[BaseModel]) -> None:
    for one in family(cls):
        for field, schema in one.model_json_schema(mode="serialization")["properties"].items():
            kinds = {schema.get("type"), *(inner.get("type") for inner in schema.get("anyOf", ()))}
            assert "number" not in kinds, f"{one.__name__}.{field}"
            if "units" in field:
                assert "integer" not in kinds, f"{one.__name__}.{field}"
