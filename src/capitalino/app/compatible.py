"""Whether an event may change in this way: who hears it runs older or newer code, and old facts are kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
SAYS_NOTHING = frozenset({"title", "description", "default", "examples", "$defs"})
"""What may change: words for people, and defaults, because every fact is told with all its fields."""
CHILDREN = frozenset(
    {"properties", "required", "items", "prefixItems", "anyOf", "additionalProperties", "enum"}
)


class Incompatible(Exception):
    """The event may not change like this; the text says what to do instead."""


def refuse_broken(kept: Path, new: Schema) -> None:
    """Incompatible, unless those who know the event as it is kept will understand the new one."""
    if found := broken(json.loads(kept.read_text()), new):
        subject = kept.name.removesuffix(".json")
        raise Incompatible(
            f"{subject} may not change like this; tell a new version beside it (a subject of its own), "
            f"or remove docs/events/{kept.name} if it was never told:\n  " + "\n  ".join(found)
        )


def broken(old: Schema, new: Schema) -> list[str]:
    """What no longer holds in `new`, with where it is; empty when the change is compatible.

    New fields with a default are compatible, and so are new values of an enumeration: hearers first.
    """
    return list(_broken(_Place(old, ""), old, _Place(new, ""), new))


class _Place:
    """A whole schema, to look its definitions up in, and the path that was walked."""

    def __init__(self, whole: Schema, path: str) -> None:
        self.whole, self.path = whole, path

    def at(self, name: str) -> "_Place":
        return _Place(self.whole, f"{self.path}.{name}" if self.path else name)

    def resolved(self, schema: Schema) -> Schema:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: Schema = self.whole["$defs"][reference.rsplit("/", 1)[-1]]
        return found


def _broken(before: _Place, old: Schema, after: _Place, new: Schema) -> Iterator[str]:
    old, new = before.resolved(old), after.resolved(new)
    path = before.path or "the event"
    for rule in sorted((old.keys() | new.keys()) - SAYS_NOTHING - CHILDREN):
        if old.get(rule) != new.get(rule):
            yield f"{path}: {rule} was {old.get(rule)!r} and is {new.get(rule)!r}"
    yield from _values(path, old, new)
    yield from _fields(before, old, after, new)
    for inner in ("items", "additionalProperties"):
        yield from _inner(inner, (before, old.get(inner)), (after, new.get(inner)))
    for inner in ("anyOf", "prefixItems"):
        yield from _choices(inner, (before, old.get(inner, [])), (after, new.get(inner, [])))


def _values(path: str, old: Schema, new: Schema) -> Iterator[str]:
    if ("enum" in old) != ("enum" in new):
        yield f"{path}: its values were {old.get('enum', 'any')} and are {new.get('enum', 'any')}"
    elif lost := [value for value in old.get("enum", []) if value not in new["enum"]]:
        yield f"{path}: it lost the values {lost}"


def _fields(before: _Place, old: Schema, after: _Place, new: Schema) -> Iterator[str]:
    had, has = old.get("properties", {}), new.get("properties", {})
    for name in had:
        if name not in has:
            yield f"{before.at(name).path}: it was removed"
        else:
            yield from _broken(before.at(name), had[name], after.at(name), has[name])
    for name in sorted(set(new.get("required", [])) - set(old.get("required", []))):
        yield f"{after.at(name).path}: it is newly required, and facts of before lack it"


def _inner(name: str, before: tuple[_Place, Any], after: tuple[_Place, Any]) -> Iterator[str]:
    (old_place, old), (new_place, new) = before, after
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _broken(old_place.at(name), old, new_place.at(name), new)
    elif old != new:
        yield f"{old_place.at(name).path}: it was {old!r} and is {new!r}"


def _choices(
    name: str, before: tuple[_Place, list[Schema]], after: tuple[_Place, list[Schema]]
) -> Iterator[str]:
    (old_place, old), (new_place, new) = before, after
    if len(old) != len(new):
        yield f"{old_place.path or 'the event'}: it could be {len(old)} things and can be {len(new)}"
        return
    for one, other in zip(old, new, strict=True):
        yield from _broken(old_place.at(name), one, new_place.at(name), other)
