"""What `capitalino up` runs: the servers, the migrations, the services, the edge; and what each needs."""

import asyncio
from collections.abc import Iterable

from pydantic import SecretStr

from capitalino.app.stack.bus import Nats
from capitalino.app.stack.cache import Cache
from capitalino.app.stack.folder import Folder
from capitalino.app.stack.part import Part
from capitalino.app.stack.place import Place, Shape
from capitalino.app.stack.postgres import Postgres
from capitalino.app.stack.services import ASYNCAPI, OPENAPI, Processes, Servers
from capitalino.app.stack.settings import StackSettings
from capitalino.app.stack.supervisor import Plan
from capitalino.kit import migrations
from capitalino.kit.module import Module

ENVIRONMENT = "environment.json"
"""What the services were told last, for commands that are run by hand beside them."""


def plan(
    folder: Folder, settings: StackSettings, modules: Iterable[Module], place: Place, shape: Shape
) -> Plan:
    """Everything, in no order: each part says what it needs. Chooses ports and writes secrets."""
    listed = tuple(modules)
    servers = servers_of(folder, settings)
    processes = Processes(folder, settings, listed, shape)
    processes.write_secrets(servers)
    environment = processes.environment(place, servers)
    folder.write(ENVIRONMENT, environment)
    parts = (
        *server_parts(servers, listed),
        *processes.sandbox(),
        _migrations(servers.postgres, listed),
        _api_document(folder),
        *processes.services(environment),
        processes.edge(place),
    )
    return Plan(parts, place.public_url, shape, place.tls_url)


def servers_of(folder: Folder, settings: StackSettings) -> Servers:
    """Our own servers, or those that the settings name."""
    return Servers(
        Postgres(folder, _open(settings.postgres_url)),
        Nats(folder, _open(settings.nats_url)),
        Cache(folder, _open(settings.valkey_url)),
    )


def server_parts(servers: Servers, modules: Iterable[Module]) -> tuple[Part, ...]:
    """The servers alone."""
    listed = tuple(modules)
    return (servers.postgres.part(listed), servers.nats.part(listed), servers.valkey.part(listed))


def _migrations(postgres: Postgres, modules: Iterable[Module]) -> Part:
    async def migrate() -> None:
        for module in modules:
            if module.schema is not None:
                await migrations.upgrade(postgres.url(f"{module.name}_owner"), module.schema)

    return Part("migrations", "Migrations", needs=("postgres",), settle=migrate)


def _api_document(folder: Folder) -> Part:
    """The documents of the whole API, for nginx to serve: no process knows more than its own services."""

    async def write() -> None:
        from capitalino.app.asyncapi import asyncapi  # noqa: PLC0415  # wires every service: only this needs it
        from capitalino.app.openapi import openapi  # noqa: PLC0415  # the same

        folder.write(OPENAPI, await asyncio.to_thread(openapi))
        folder.write(ASYNCAPI, await asyncio.to_thread(asyncapi))

    return Part("api", "API document", settle=write)


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
