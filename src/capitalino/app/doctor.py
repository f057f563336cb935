"""`capitalino doctor`: every component's version, health and address, of our own servers or of others'."""

import asyncio
import json
import platform
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table

from capitalino.app.stack import binaries, status
from capitalino.app.stack.bus import Nats
from capitalino.app.stack.cache import Cache, about
from capitalino.app.stack.folder import DISK_MIN_BYTES, Folder
from capitalino.app.stack.http import status_of
from capitalino.app.stack.plan import servers_of
from capitalino.app.stack.postgres import Postgres
from capitalino.app.stack.services import ALL
from capitalino.app.stack.settings import StackSettings

WELL, AWAY, STOPPED = "ok", "away", "stopped"
Component = dict[str, Any]
SERVERS = ("postgres", "nats", "valkey", "edge")


def examine(settings: StackSettings, *, as_json: bool) -> int:
    """Look at everything and print it; the exit code says whether all is well."""
    folder = Folder(settings.var)
    state = status.collect(folder)
    components = asyncio.run(_components(settings, folder, state))
    found = {
        "is_running": state["is_running"],
        "is_healthy": state["is_running"] and all(one["health"] == WELL for one in components),
        "url": state["url"],
        "shape": state["shape"],
        "machine": _machine(settings),
        "components": components,
    }
    console = Console()
    if as_json:
        console.print_json(json.dumps(found))
    else:
        _print(console, found)
    return 0 if found["is_healthy"] else 1


async def _components(settings: StackSettings, folder: Folder, state: dict[str, Any]) -> list[Component]:
    parts = {part["part"]: part for part in state["parts"]} if state["is_running"] else {}
    if not state["is_running"]:
        return [{"name": name, "version": None, "health": STOPPED, "address": None} for name in SERVERS]
    servers = servers_of(folder, settings)
    looks: list[Awaitable[Component]] = [
        _look("postgres", servers.postgres.address, lambda: _postgres(servers.postgres)),
        _look("nats", servers.nats.address, lambda: _nats(servers.nats)),
        _look("valkey", servers.valkey.address, lambda: _valkey(servers.valkey)),
        _look("edge", parts.get("edge", {}).get("address"), lambda: _edge(state["url"])),
    ]
    for name, part in parts.items():
        if name not in SERVERS:
            looks.append(_look(name, part["address"], _answering(part["address"])))
    components = await asyncio.gather(*looks)
    for component in components:
        part = parts.get(component["name"], {})
        component |= {"restarts": part.get("restarts", 0), "pid": part.get("pid")}
        if component["name"] == ALL:
            component["title"] = "all services in one process"
    return list(components)


async def _look(name: str, address: str | None, look: Callable[[], Awaitable[str | None]]) -> Component:
    found = None
    with suppress(OSError, TimeoutError, asyncpg.PostgresError):
        found = await look()
    return {"name": name, "version": found, "health": WELL if found else AWAY, "address": address}


async def _postgres(postgres: Postgres) -> str | None:
    connection = await postgres.connect()
    try:
        return str(await connection.fetchval("show server_version"))
    finally:
        await connection.close()


async def _nats(nats: Nats) -> str | None:
    return (await nats.greeting()).get("version")


async def _valkey(valkey: Cache) -> str | None:
    said = await about(valkey.url())
    return said.get("valkey_version") or said.get("redis_version")


async def _edge(url: str) -> str | None:
    if await status_of(f"{url}/readyz") != 200:
        return None
    asked = await asyncio.create_subprocess_exec(binaries.nginx(), "-v", stderr=asyncio.subprocess.PIPE)
    _, said = await asked.communicate()
    return said.decode().strip().rpartition("/")[2]


def _answering(address: str) -> Callable[[], Awaitable[str | None]]:
    async def look() -> str | None:
        return version("capitalino") if await status_of(f"http://{address}/readyz") == 200 else None

    return look


def _machine(settings: StackSettings) -> dict[str, Any]:
    existing = next(path for path in (settings.var, *settings.var.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    return {
        "capitalino": version("capitalino"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "folder": str(settings.var),
        "disk_free_mib": free >> 20,
        "disk_is_enough": free >= DISK_MIN_BYTES,
        "web_is_built": (settings.web_dir / "index.html").is_file(),
    }


def _print(console: Console, found: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("component", "health", "version", "address", "restarts"):
        table.add_column(heading)
    for one in found["components"]:
        row = (one["name"], one["health"], one["version"], one["address"], one.get("restarts"))
        table.add_row(*(str(cell) if cell is not None else "-" for cell in row))
    console.print(table)
    for name, value in found["machine"].items():
        console.print(f"{name.replace('_', ' '):<18} {value}", highlight=False)
