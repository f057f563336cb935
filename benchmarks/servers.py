"""Real servers for measuring, as the stack starts them: PostgreSQL with fsync on, NATS, Valkey."""

import tempfile
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from capitalino.app.stack.folder import Folder
from capitalino.app.stack.part import Part
from capitalino.app.stack.plan import server_parts, servers_of
from capitalino.app.stack.services import Servers
from capitalino.app.stack.settings import StackSettings
from capitalino.app.stack.supervisor import Plan, Supervisor
from capitalino.kit.module import Module
from capitalino.kit.settings import load


class _Quiet:
    """Tells nobody how the start goes."""

    def part_ready(self, part: Part, seconds: float) -> None:
        """One part is up."""


def nothing(_: object) -> None:
    """Builds a module that is only a name here."""
    raise AssertionError


@asynccontextmanager
async def running(modules: Iterable[Module]) -> AsyncGenerator[Servers]:
    """They run until the block ends; each module has its roles and users."""
    listed = tuple(modules)
    with tempfile.TemporaryDirectory(prefix="capitalino-bench-") as place:
        Path(place).chmod(0o755)
        settings = load(StackSettings).model_copy(update={"var": Path(place) / "var"})
        folder = Folder(settings.var)
        supervisor = Supervisor(folder, _Quiet())
        made: list[Servers] = []

        def plan() -> Plan:
            made.append(servers_of(folder, settings))
            return Plan(server_parts(made[0], listed), "", "one")

        await supervisor.start(plan)
        try:
            yield made[0]
        finally:
            await supervisor.stop()
