"""Values for any message of an API, made from its hints alone, and a target that answers with them."""

import asyncio
import types
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from capitalino.kit.rpc import calls, service_name

UNITS_MAX = 10**37
ZONES = (UTC, timezone(timedelta(hours=3, minutes=30)))
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.uuids(version=4),
    bool: st.booleans(),
    int: st.integers(),
    Decimal: st.decimals(0, 10**9, places=8),
    AwareDatetime: st.datetimes(datetime(1970, 1, 1), timezones=st.sampled_from(ZONES)),  # noqa: DTZ001
    dict[str, str]: st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    type(None): st.none(),
}


def messages(cls: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Messages of this class."""
    fields = {name: _field(found) for name, found in cls.model_fields.items()}
    return st.fixed_dictionaries(fields).map(cls.model_validate)


def _field(field: FieldInfo) -> st.SearchStrategy[Any]:
    return _values(field.annotation, tuple(field.metadata))


def _values(hint: Any, rules: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if hasattr(hint, "__metadata__"):  # Annotated
        return _values(hint.__origin__, (*rules, *_flat(hint.__metadata__)))
    if get_origin(hint) is not None and hint not in SCALARS:
        return _composed(get_origin(hint), get_args(hint), rules)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return messages(hint)
    if hint is str:
        return _text(rules)
    assert hint in SCALARS, f"messages have fields of {hint}: say here how one is made"
    return _whole(rules) if hint is int else SCALARS[hint]


def _composed(origin: Any, inner: tuple[Any, ...], rules: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        return st.lists(_values(inner[0], ()), min_size=1, max_size=3).map(tuple)
    assert origin in {Union, types.UnionType}, f"messages have fields of {origin}: say here how one is made"
    return st.one_of(*(_values(one, () if one is type(None) else rules) for one in inner))


def _flat(rules: tuple[Any, ...]) -> tuple[Any, ...]:
    """A `Field(...)` in an annotation holds its rules inside."""
    found: list[Any] = []
    for rule in rules:
        found += rule.metadata if isinstance(rule, FieldInfo) else [rule]
    return tuple(found)


def _whole(rules: tuple[Any, ...]) -> st.SearchStrategy[int]:
    least, most = -UNITS_MAX, UNITS_MAX
    for rule in rules:
        match rule:
            case Gt(gt=int(bound)):
                least = bound + 1
            case Ge(ge=int(bound)):
                least = bound
            case Le(le=int(bound)):
                most = bound
    return st.integers(least, most)


def _text(rules: tuple[Any, ...]) -> st.SearchStrategy[str]:
    longest = next((rule.max_length for rule in rules if isinstance(rule, MaxLen)), 200)
    shortest = next((rule.min_length for rule in rules if isinstance(rule, MinLen)), 0)
    for rule in rules:
        if pattern := getattr(rule, "pattern", None):
            alphabet = st.characters(codec="ascii")
            found = st.from_regex(pattern, fullmatch=True, alphabet=alphabet)
            return found.filter(lambda text: len(text) <= longest and not text.endswith("\n"))
    return st.text(min_size=shortest, max_size=min(longest, shortest + 20))


Reply = Callable[[BaseModel], Awaitable[BaseModel]]


class Target:
    """Keeps a Protocol by its hints: each method remembers the question and does what `reply` does."""

    def __init__(self, protocol: type) -> None:
        self.asked: list[BaseModel] = []
        self.reply: Reply = _nothing
        for name, (question, _) in calls(protocol).items():
            setattr(self, name, self._method(question))

    def answers(self, answer: BaseModel) -> None:
        """From now on, this."""

        async def reply(_: BaseModel) -> BaseModel:
            return answer

        self.reply = reply

    def raises(self, error: Exception) -> None:
        """From now on, this."""

        async def reply(_: BaseModel) -> BaseModel:
            raise error

        self.reply = reply

    def sleeps(self, seconds: float, then: BaseModel) -> None:
        """From now on, only after a while."""

        async def reply(_: BaseModel) -> BaseModel:
            await asyncio.sleep(seconds)
            self.asked.append(then)
            return then

        self.reply = reply

    def _method(self, question: type[BaseModel]) -> Reply:
        async def method(message: BaseModel) -> BaseModel:
            assert isinstance(message, question), f"{type(message)} instead of {question}"
            self.asked.append(message)
            return await self.reply(message)

        return method


async def _nothing(_: BaseModel) -> BaseModel:
    raise NotImplementedError


def named(protocol: type, method: str) -> str:
    """How a method is called in a test's name."""
    return f"{service_name(protocol)}.{method}"
