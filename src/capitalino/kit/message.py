"""Messages: frozen values that cross a service boundary. Commands and queries are asked, events are told."""

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from capitalino.kit.clock import SYSTEM
from capitalino.kit.ids import new_id

RATE = re.compile(r"[0-9]{1,60}(\.[0-9]{1,60})?")


def _whole(value: Any) -> Any:
    """A whole number, as `int` from Python or as a plain decimal string from a wire. Never a float."""
    if isinstance(value, str) and value.lstrip("-").isdecimal() and value.isascii():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("units are a whole number, written as a decimal string")


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and RATE.fullmatch(value):
        return Decimal(value)
    raise ValueError("a rate is written as a plain decimal string")


Units = Annotated[
    int,
    BeforeValidator(_whole),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,38}$"}),
]
"""Whole units of an asset's smallest part: `int` in Python, a decimal string on every wire."""

Rate = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(lambda rate: f"{rate:f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?$"}),
]
"""How much of one asset a whole one of another costs: `Decimal` in Python, a decimal string on every wire."""


class Command(BaseModel):
    """Asked of a peer. An unknown field is a mistake and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """What a peer answers. Unknown fields come from a newer peer and are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(BaseModel):
    """A fact that has been committed. A subject never changes its meaning; a new meaning is a new version."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    subject: ClassVar[str]

    event_id: UUID = Field(default_factory=new_id)
    occurred_at: AwareDatetime = Field(default_factory=SYSTEM.now)
    book: str = "main"
    version: int = 0
    """The version of the aggregate that it speaks of: an older one never overwrites a newer one."""

    @property
    def key(self) -> str:
        """What it is about: the aggregate's id. Overridden where there is one."""
        return ""
