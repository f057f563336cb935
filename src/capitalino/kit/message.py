"""Messages: frozen values that cross a service boundary. Commands and queries are asked, events are told."""

from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, GetPydanticSchema, WithJsonSchema
from pydantic_core import CoreSchema
from pydantic_core import core_schema as cs

from capitalino.kit.clock import SYSTEM
from capitalino.kit.ids import new_id

WHOLE = r"^-?[0-9]{1,4300}$"
"""4300 digits are what Python reads at most."""
PLAIN = r"^[0-9]{1,60}(\.[0-9]{1,60})?$"


# Both are read and written inside pydantic's core, without a call of Python: a message has many of them.
def _units() -> CoreSchema:
    text = cs.chain_schema([cs.str_schema(strict=True, pattern=WHOLE), cs.int_schema()])
    return cs.custom_error_schema(
        cs.union_schema([cs.int_schema(strict=True), text], mode="left_to_right"),
        custom_error_type="units",
        custom_error_message="units are a whole number, written as a decimal string",
        serialization={"type": "to-string", "when_used": "always"},
    )


def _rate() -> CoreSchema:
    text = cs.chain_schema([cs.str_schema(strict=True, pattern=PLAIN), cs.decimal_schema()])
    number = cs.chain_schema([cs.is_instance_schema(Decimal), cs.decimal_schema()])
    return cs.custom_error_schema(
        cs.json_or_python_schema(text, cs.union_schema([number, text], mode="left_to_right")),
        custom_error_type="rate",
        custom_error_message="a rate is written as a plain decimal string",
        serialization={"type": "format", "formatting_string": "f", "when_used": "always"},
    )


Units = Annotated[
    int,
    GetPydanticSchema(lambda *_: _units()),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,38}$"}),
]
"""Whole units of an asset's smallest part: `int` in Python, a decimal string on every wire."""

Rate = Annotated[
    Decimal,
    GetPydanticSchema(lambda *_: _rate()),
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
