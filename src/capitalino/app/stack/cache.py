"""Valkey as a part of the stack: small, forgetful, and with a user for each service."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from capitalino.app.stack import binaries
from capitalino.app.stack.folder import Folder, replace
from capitalino.app.stack.part import Part
from capitalino.app.stack.rights import ADMIN, valkey_users
from capitalino.kit.module import Module

CONNECT_S = 2.0
# What it holds may be lost: nothing is written to disk, and the oldest goes first when the memory is full.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
protected-mode yes
dir "{folder}"
save ""
appendonly no
maxmemory 256mb
maxmemory-policy volatile-lru
maxclients 2000
aclfile "{acl}"
"""


class Cache:
    """A server of our own, or one that runs elsewhere, where users are that server's own business."""

    def __init__(self, folder: Folder, outside: str | None = None) -> None:
        self._folder = folder
        self._outside = outside
        self._port = 0 if outside else folder.port("valkey")

    def part(self, modules: Iterable[Module]) -> Part:
        """The server as a child."""
        listed = tuple(modules)
        if self._outside:
            return Part("valkey", "Valkey", address=self.address)
        path, acl = self._folder.run / "valkey.conf", self._folder.secrets / "valkey.acl"

        async def prepare() -> None:
            replace(acl, valkey_users(listed, self._folder.password))
            replace(path, CONFIGURATION.format(port=self._port, folder=self._folder.run, acl=acl))

        return Part(
            "valkey",
            "Valkey",
            command=(binaries.valkey(), str(path)),
            prepare=prepare,
            ready=self.is_ready,
            address=self.address,
        )

    @property
    def address(self) -> str:
        """Where it listens."""
        if self._outside is None:
            return f"127.0.0.1:{self._port}"
        parts = urlsplit(self._outside)
        return f"{parts.hostname}:{parts.port or 6379}"

    def url(self, user: str = ADMIN) -> str:
        """The URL of one user."""
        return self._outside or f"valkey://{user}:{self._folder.password(f'valkey:{user}')}@{self.address}/0"

    async def is_ready(self) -> bool:
        """It answers."""
        return bool(await about(self.url()))


async def about(url: str) -> dict[str, Any]:
    """What a server says of itself; empty when nobody is there."""
    client = Valkey.from_url(url, socket_connect_timeout=CONNECT_S, socket_timeout=CONNECT_S)
    try:
        with suppress(ValkeyError, OSError, TimeoutError):
            found: dict[str, Any] = await client.info("server")
            return found
    finally:
        await client.aclose()
    return {}
