"""NATS as a part of the stack: JetStream, and users with the rights that the catalogue gives them."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from capitalino.app.stack import binaries
from capitalino.app.stack.folder import Folder, replace
from capitalino.app.stack.part import Part
from capitalino.app.stack.rights import ADMIN, nats_users
from capitalino.kit.bus import Bus
from capitalino.kit.module import Module

CONNECT_S = 2.0
CONFIGURATION = """\
server_name: capitalino
listen: 127.0.0.1:{port}
max_payload: 1MB
lame_duck_duration: 30s
jetstream {{
  store_dir: {store}
  max_memory_store: 64MB
  max_file_store: 4GB
}}
{users}"""


class Nats:
    """The server in `var/nats`, or one that runs elsewhere, where users are that server's own business."""

    def __init__(self, folder: Folder, outside: str | None = None) -> None:
        self._folder = folder
        self._store = folder.root / "nats"
        self._outside = outside
        self._port = 0 if outside else folder.port("nats")

    def part(self, modules: Iterable[Module]) -> Part:
        """The server as a child."""
        listed = tuple(modules)
        if self._outside:
            return Part("nats", "NATS", address=self.address)
        path = self._folder.secrets / "nats.conf"

        async def prepare() -> None:
            self._store.mkdir(mode=0o700, exist_ok=True)
            users = nats_users(listed, self._folder.password)
            replace(
                path, CONFIGURATION.format(port=self._port, store=json.dumps(str(self._store)), users=users)
            )

        return Part(
            "nats",
            "NATS",
            command=(binaries.nats(), "--config", str(path)),
            prepare=prepare,
            ready=self.is_ready,
            settle=self.settle,
            address=self.address,
        )

    async def settle(self) -> None:
        """The stream of facts stands as this version wants it: services may make one, but not change it."""
        bus = Bus(self.url(), ADMIN)
        try:
            await bus.open()
        finally:
            await bus.close()

    @property
    def address(self) -> str:
        """Where it listens."""
        if self._outside is None:
            return f"127.0.0.1:{self._port}"
        parts = urlsplit(self._outside)
        return f"{parts.hostname}:{parts.port or 4222}"

    def url(self, user: str = ADMIN) -> str:
        """The URL of one user."""
        return self._outside or f"nats://{user}:{self._folder.password(f'nats:{user}')}@{self.address}"

    async def is_ready(self) -> bool:
        """It greets, with JetStream on."""
        greeting = await self.greeting()
        return bool(greeting.get("jetstream"))

    async def greeting(self) -> dict[str, Any]:
        """What the server says of itself to whoever connects; empty when nobody is there."""
        host, _, port = self.address.rpartition(":")
        return await greeting(host, int(port))


async def greeting(host: str, port: int) -> dict[str, Any]:
    """The `INFO` line of a NATS server, or nothing."""
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return {}
    word, _, said = line.partition(b" ")
    found: dict[str, Any] = json.loads(said) if word == b"INFO" else {}
    return found
