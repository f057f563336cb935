"""How example is put together."""

from capitalino.contracts.example.events import NoteKept
from capitalino.kit.module import Given, Module, Parts
from capitalino.services.example.routes import routes
from capitalino.services.example.service import Example
from capitalino.services.example.settings import ExampleSettings
from capitalino.services.example.tables import schema


def build(given: Given) -> Parts:
    """Make the objects; nothing is opened yet."""
    return Parts(router=routes(Example(given.db, given.clock)))


module = Module(
    name="example",
    build=build,
    words=("example",),
    schema=schema,
    settings=ExampleSettings,
    tells=(NoteKept,),
)
